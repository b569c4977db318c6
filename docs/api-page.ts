import { scopes, scopeTable } from '../src/access/scopes.ts';
import { errorCodes } from '../src/core/errors.ts';
import { namedSchemas } from '../src/operations/named-schemas.ts';
import type { Operation } from '../src/operations/operation.ts';
import { operationsBySubject, type Subject, subjectDocs } from '../src/operations/table/index.ts';
import { exampleCommand } from '../src/rest/example.ts';
import { basePath } from '../src/rest/headers.ts';
import { errorsOf } from '../src/rest/problem.ts';
import { maxBodyBytes } from '../src/wire/body.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';
import { code, shapeTexts } from './text.ts';

const names = new SchemaNames(namedSchemas);

/** docs/api.md: the REST API, from the table of operations. */
export function apiPage(): string {
  const subjects = Object.entries(operationsBySubject) as unknown as [Subject, readonly Operation[]][];
  return [
    opening,
    ...subjects.flatMap(([subject, operations]) => [
      `## ${subject}`,
      subjectDocs[subject],
      ...operations.map(operationText),
    ]),
    '## Errors',
    errorTable(subjects.flatMap(([, operations]) => operations)),
    '## Shapes',
    ...shapeTexts(namedSchemas, names),
    '',
  ].join('\n\n');
}

const scopeRows = scopes.map((scope) => {
  const { doc, roles } = scopeTable[scope];
  return `| \`${scope}\` | ${doc} | ${roles.join(', ')} |`;
});

const opening = `# The REST API

Generated from the table in src/operations/table by \`npm run generate\`; edit it there.

Under \`${basePath}\` programs create and change rooms, see and moderate their peers, mint tokens and drain the node. A
server shows this reference at \`${basePath}\`, and as an OpenAPI 3.1 document at \`${basePath}/openapi.json\`, both without a
key. A change runs the same command as a moderator's click in the dashboard, and is in the audit log.

## The first call

A server in development mode (\`npm start\`, without any API key) accepts calls from its own machine without a key:

${code(
  'sh',
  `TUREEN=http://localhost:3000
curl -X POST "$TUREEN${basePath}/rooms" -H 'Content-Type: application/json' -d '{"roomId":"standup","options":{"maxPeers":12}}'
curl "$TUREEN${basePath}/rooms/standup"`,
)}

Every other server needs a key with each call, as \`Authorization: Bearer ...\` (RFC 6750), or as \`?token=...\` in the
address for scripts that cannot set a header:

- **a key from the dashboard** (People, API keys). It works until it is revoked; its role says what it may do.
- **a JWT** (HS256), signed with a key of \`TUREEN_API_KEY\` and its secret, with \`iss\`, \`exp\` and
  \`"api": {"scopes": [..]}\`; \`sub\` is the name of the program in the audit log.
  \`npm run token -- --scopes read,moderate --name backend\` prints one.

| scope | what it is for | roles of the dashboard that have it |
|---|---|---|
${scopeRows.join('\n')}

Keep a key on a server, never in a page. CORS is not supported for that reason.

## Typed calls from TypeScript

\`tureen-server-sdk\` ([packages/server-sdk](../packages/server-sdk/README.md)) has a method for each operation, with types from the
same table:

${code(
  'ts',
  `import { tureenApi } from 'tureen-server-sdk';

const tureen = tureenApi('https://call.example.org', { key: process.env.TUREEN_KEY });
const room = await tureen.getRoom({ roomId: 'standup' });
console.log(room.locked);`,
)}

For other languages, generators such as openapi-typescript, @hey-api/openapi-ts and those of openapi-generator make a client from the
OpenAPI document, which has the webhooks, too.

## Requests and answers

- **Bodies** are JSON with \`Content-Type: application/json\`, at most ${maxBodyBytes} bytes. For GET and DELETE all params
  are in the query. A param that is not listed here is refused, so that a typing error is noticed.
- **Errors** are \`application/problem+json\` (RFC 9457): \`type\`, \`title\`, \`status\`, \`detail\`, and two of ours:
  \`code\`, which never changes, and \`retryable\`. 429, 503 and 507 carry \`Retry-After\`.
- **A warning** in \`Tureen-Warning\` says that something was done, but not as it should be: while the data disk takes no
  writes, removing, muting, closing and locking go on without their record in the audit log.
- **Lists** come in pages: \`{"items": [..], "nextCursor": ".."}\`. Give \`nextCursor\` as \`cursor\`, with \`limit\` up to 200, until it is
  null. Entries that come or go meanwhile shift nothing.
- **Idempotency**: a POST with an \`Idempotency-Key\` (1 to 255 characters, such as a UUID) is carried out once, however often it
  is sent; a repeated request gets the first answer, with \`Idempotent-Replayed: true\`. The same key with another request is refused with 422.
  Keys are kept for a day in memory, a thousand for each program.
- **Versions**: single rooms, peers, producers, consumers and bans have an \`ETag\`. Sent back as \`If-None-Match\` it gets 304 and no
  body while nothing has changed; sent as \`If-Match\` with a PATCH, PUT or DELETE of the same address it prevents overwriting what
  somebody else has changed meanwhile (412).
- **Rate limits**: \`TUREEN_API_REQUESTS_PER_SECOND\` for each program, and \`TUREEN_ADDRESS_REQUESTS_PER_SECOND\` for each address
  other than this machine, with bursts; beyond them 429.

A room's id may have any letters; write it percent-encoded in the path (\`/rooms/a%2Fb\`). Options and metadata of rooms and metadata
of peers exist only on this node, until the room closes or the peer disconnects.`;

function operationText(operation: Operation): string {
  const { name, verb, path, doc, scope, status = 200, versioned = false, params, result } = operation;
  const facts = [
    `scope \`${scope}\``,
    `answers ${status}${versioned ? ' with an ETag' : ''}`,
    ...(operation.errors.length > 0
      ? [`errors: ${operation.errors.map((error) => `\`${error}\``).join(', ')}`]
      : []),
  ];
  const shape = [
    `params: ${schemaText(params, names)}`,
    ...(status === 204 ? [] : [`result: ${schemaText(result, names)}`]),
  ];
  return [
    `### ${name}`,
    `\`${verb} ${basePath}${path}\``,
    doc,
    `*${facts.join('; ')}*`,
    code('ts', shape.join('\n')),
    code('sh', exampleCommand(operation)),
  ].join('\n\n');
}

/** The errors that REST can answer with. */
function errorTable(operations: readonly Operation[]): string {
  const used = new Set([...operations.flatMap(errorsOf), 'method_not_allowed']);
  const rows = Object.entries(errorCodes)
    .filter(([name]) => used.has(name))
    .map(
      ([name, { status, retryable, doc }]) =>
        `| \`${name}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${doc} |`,
    );
  return ['| code | status | retryable | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
