import { expect, setDefaultTimeout, test } from 'bun:test';
import { outsideProject } from '../support/outside-project.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';

setDefaultTimeout(180_000);

test('clients made from the OpenAPI document by two generators compile, and call this server', async () => {
  await using server = await startServer(withKeys);
  await using project = await outsideProject('generated-clients');
  const address = `http://127.0.0.1:${server.port}`;
  const document = await (await fetch(`${address}/api/v1/openapi.json`)).text();
  await Bun.write(`${project.folder}/openapi.json`, document);
  const bun = process.execPath;
  const generate = (tool: string, ...options: string[]) =>
    project.succeed(bun, project.module(tool), ...options);
  await Promise.all([
    generate('openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'schema.d.ts'),
    generate('@hey-api/openapi-ts/bin/run.js', '-i', 'openapi.json', '-o', 'hey'),
  ]);
  await project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
  const printed = await project.succeed(bun, 'use.ts', address, await apiKey());
  expect(JSON.parse(printed)).toEqual({
    room: ['opus', 'VP8'],
    code: 'not_found',
    kind: 'audio',
    locked: true,
    token: 'string',
    rooms: ['fetched', 'hey'],
    functions: ['function', 'function'],
  });
});
