import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { FormatRegistry } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { webhookExamples } from '../../docs/webhook-examples.ts';
import type { Server } from '../../src/app/server.ts';
import { errorCodes } from '../../src/core/errors.ts';
import { webhookBodies } from '../../src/core/public-event-schemas.ts';
import { publicEventTypes } from '../../src/core/public-events.ts';
import { operations, operationsBySubject } from '../../src/operations/table/index.ts';
import { run } from '../support/run.ts';
import { startServer, withKeys } from '../support/server.ts';
import { Caller } from './support.ts';

setDefaultTimeout(60_000);

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));

let server: Server;
/** The documents want no key. */
let caller: Caller;
beforeAll(async () => {
  server = await startServer(withKeys);
  caller = new Caller(server, undefined);
});
afterAll(() => server.stop());

test('the OpenAPI document is valid, and has every operation with its answers', async () => {
  const { status, headers, json } = await caller.get('/openapi.json');
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  const { valid, errors } = await new Validator().validate(structuredClone(json) as Record<string, unknown>);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  const paths = json?.paths as Record<string, Record<string, { operationId: string; responses: object }>>;
  const described = Object.values(paths).flatMap((verbs) => Object.values(verbs));
  expect(described.map(({ operationId }) => operationId).sort()).toEqual(
    operations.map(({ name }) => name).sort(),
  );
  for (const { operationId, responses } of described) {
    const operation = operations.find(({ name }) => name === operationId);
    expect(Object.keys(responses), operationId).toContain(String(operation?.status ?? 200));
    for (const code of operation?.errors ?? [])
      expect(Object.keys(responses), operationId).toContain(String(errorCodes[code].status));
  }
});

test('the document has every webhook, says what each subject is, and writes choices of words as enums', async () => {
  const { json } = await caller.get('/openapi.json');
  const document = json as unknown as {
    tags: { name: string; description: string }[];
    info: { contact: { name: string } };
    webhooks: Record<string, { post: { operationId: string; requestBody: object } }>;
    components: { schemas: Record<string, { properties: Record<string, object> }> };
  };
  expect(Object.keys(document.webhooks)).toEqual([...publicEventTypes]);
  expect(document.tags.map(({ name }) => name)).toEqual(Object.keys(operationsBySubject));
  for (const { name, description } of document.tags) expect(description.length, name).toBeGreaterThan(20);
  expect(document.info.contact.name).not.toBe('');
  expect(document.components.schemas.Producer?.properties.kind).toEqual({
    type: 'string',
    enum: ['audio', 'video'],
  });
  expect(JSON.stringify(document)).not.toMatch(/"anyOf":\[\{"type":"string","const"|"anyOf":\[\{"const"/);
});

test('the body of every webhook is as its schema says, with nothing more', () => {
  const examples = webhookExamples();
  for (const { type, body } of webhookBodies) {
    const example: unknown = JSON.parse(examples.get(type) ?? 'null');
    expect([...Value.Errors(body, example)], type).toEqual([]);
    expect(Value.Clean(body, structuredClone(example)), type).toEqual(example);
  }
});

test('every example fits the schema of its operation, and no two operations share a name or an address', () => {
  for (const { name, check, example } of operations) {
    // The test that runs the examples puts a ban's id in its place.
    const numbered = JSON.parse(JSON.stringify(example), (key, part: unknown) =>
      key === 'banId' ? '1' : part,
    );
    expect(check.Check(numbered), name).toBe(true);
  }
  expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
  expect(new Set(operations.map(({ verb, path }) => `${verb} ${path}`)).size).toBe(operations.length);
});

test('the page has every operation and every error, loads its stylesheet only, and has no script', async () => {
  const page = await caller.get('');
  expect(page.headers.get('content-type')).toStartWith('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
  expect((await caller.get('/')).text).toBe(page.text);
  const loaded: string[] = [];
  const anchors = new Set<string>();
  const links: string[] = [];
  const forbidden: string[] = [];
  await new HTMLRewriter()
    .on('link, img, iframe, object, embed, source', {
      element: (element) =>
        void loaded.push(element.getAttribute('href') ?? element.getAttribute('src') ?? '?'),
    })
    .on('script, style, [style], [onclick]', { element: ({ tagName }) => void forbidden.push(tagName) })
    .on('[id]', { element: (element) => void anchors.add(element.getAttribute('id') ?? '') })
    .on('a', { element: (element) => void links.push(element.getAttribute('href') ?? '') })
    .transform(new Response(page.text))
    .text();
  expect(forbidden).toEqual([]);
  expect(loaded).toEqual(['/api/v1/reference.css']);
  for (const address of loaded)
    expect((await fetch(`http://127.0.0.1:${server.port}${address}`)).status).toBe(200);
  for (const { name } of operations) expect(anchors.has(name), name).toBe(true);
  for (const code of Object.keys(errorCodes)) expect(anchors.has(code), code).toBe(true);
  const broken = links.filter((link) => link.startsWith('#') && !anchors.has(link.slice(1)));
  expect(broken).toEqual([]);
});

test('the documents are sent once to those who ask with what they have', async () => {
  for (const path of ['', '/openapi.json', '/reference.css']) {
    const etag = (await caller.get(path)).headers.get('etag') ?? '';
    expect((await caller.get(path, { 'if-none-match': etag })).status, path).toBe(304);
  }
});

test('the first call of docs/api.md works as it stands there', async () => {
  await using open = await startServer();
  const page = await Bun.file(join(import.meta.dir, '..', '..', 'docs', 'api.md')).text();
  const [, block = ''] = /## The first call[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? [];
  expect(block).toContain('curl -X POST');
  const script = block
    .replace('localhost:3000', `127.0.0.1:${open.port}`)
    .replaceAll('curl ', 'curl -sS -f ');
  const { exitCode, out, err } = await run(['sh', '-ec', script]);
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toContain('"id":"standup"');
  expect(open.sfu.room('standup').options.maxPeers).toBe(12);
});
