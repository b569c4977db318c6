import { OptionalKind, type TSchema, Type } from '@sinclair/typebox';
import { type ErrorCode, errorCodes } from '../core/errors.ts';
import { webhookBodies } from '../core/public-event-schemas.ts';
import { oneOf } from '../core/schemas.ts';
import { namedSchemas } from '../operations/named-schemas.ts';
import type { Operation } from '../operations/operation.ts';
import { operationsBySubject, type Subject, subjectDocs } from '../operations/table/index.ts';
import { answersVersioned, readerOf } from './etags.ts';
import { basePath } from './headers.ts';
import { byStatus, errorsOf } from './problem.ts';
import { hasBody, pathNames } from './read-params.ts';

type Json = Record<string, unknown>;

const Problem = Type.Object(
  {
    type: Type.String({ description: 'Address of the documentation of the code' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong, what was expected, what to do' }),
    code: oneOf(Object.keys(errorCodes) as ErrorCode[], { description: 'A code that does not change' }),
    retryable: Type.Boolean({ description: 'Whether the same request may succeed later' }),
  },
  { description: 'Problem details (RFC 9457)' },
);

const subjectNames = Object.keys(operationsBySubject) as Subject[];
const named = { ...namedSchemas, Problem };
let names: ReadonlyMap<string, string> | undefined;

/** The names of the schemas by their JSON. Made on first use, because it would slow down every start. */
function namesByJson(): ReadonlyMap<string, string> {
  names ??= new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]));
  return names;
}

/** The OpenAPI 3.1 document of the API, made from the table of operations. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [subject, operations] of Object.entries(operationsBySubject)) {
    for (const operation of operations as unknown as readonly Operation[]) {
      const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [operation.verb.toLowerCase()]: describe(operation, subject) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tureen',
      version,
      summary: 'What programs can do on an edge SFU',
      description:
        'Rooms, peers, what they send and receive, bans, tokens and the node itself. Errors are problem details (RFC 9457) with a stable `code`.',
      // Whoever operates this server answers for it; the page beside this document says what there is to know.
      contact: { name: 'The operator of this server' },
      license: { name: 'ISC', identifier: 'ISC' },
    },
    servers: [{ url: basePath }],
    security: [{ key: [] }],
    tags: subjectNames.map((name) => ({ name, description: subjectDocs[name] })),
    paths,
    webhooks: Object.fromEntries(webhookBodies.map((webhook) => [webhook.type, webhookOf(webhook)])),
    components: {
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, schema]) => [name, withInnerReferences(schema)]),
      ),
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key from the dashboard, or a JWT (HS256) that is signed with an API key and has scopes in a claim `api`',
        },
      },
    },
  };
}

/** A webhook as the document describes it: a request of this server to a program. */
function webhookOf({ type, doc, body }: (typeof webhookBodies)[number]): Json {
  return {
    post: {
      operationId: `on_${type}`,
      summary: doc.split(/(?<=\.) /)[0],
      description: `${doc}\n\nSigned as Standard Webhooks describes: https://www.standardwebhooks.com.`,
      // Not with a key of this server: the receiver verifies the signature.
      security: [],
      parameters: webhookHeaders.map(([name, description]) => ({
        in: 'header',
        name,
        required: true,
        description,
        schema: { type: 'string' },
      })),
      requestBody: { required: true, content: { 'application/json': { schema: withReferences(body) } } },
      responses: {
        '2XX': { description: 'Delivered; the rest of the answer is ignored' },
        410: { description: 'The receiver is gone: nothing more is sent to it until it is resumed' },
      },
    },
  };
}

const webhookHeaders = [
  ['webhook-id', 'The id of the event, the same in every attempt'],
  ['webhook-timestamp', 'When this attempt was made, in seconds since the epoch'],
  ['webhook-signature', 'One or more signatures, `v1,` and base64, separated by spaces'],
] as const;

function describe(operation: Operation, subject: string): Json {
  const { name, doc, scope, params, example, deprecated } = operation;
  const inPath = pathNames(operation.path);
  const rest = Object.entries(params.properties).filter(([key]) => !inPath.includes(key));
  const query = hasBody(operation) ? [] : rest;
  const parameters = [
    ...inPath.map((key) => parameter('path', key, params.properties[key])),
    ...query.map(([key, schema]) => parameter('query', key, schema)),
    ...headersOf(operation),
  ];
  const body = Object.fromEntries(Object.entries(example as Json).filter(([key]) => !inPath.includes(key)));
  return {
    operationId: name,
    summary: doc.split(/(?<=\.) /)[0],
    description: `${doc}\n\nNeeds the scope \`${scope}\`.`,
    tags: [subject],
    ...(deprecated && { deprecated }),
    parameters,
    ...(hasBody(operation) &&
      rest.length > 0 && {
        requestBody: {
          required: rest.some(([, schema]) => !(OptionalKind in schema)),
          content: { 'application/json': { schema: objectOf(rest), example: body } },
        },
      }),
    responses: { ...success(operation), ...failures(operation) },
  };
}

function success(operation: Operation): Json {
  const { status = 200, result } = operation;
  if (status === 204) return { 204: { description: 'Done' } };
  const header = (description: string) => ({ description, schema: { type: 'string' } });
  const headers = {
    ...(answersVersioned(operation) && { ETag: header('The version of the object') }),
    ...(status === 201 && { Location: header('The address of the new object') }),
  };
  return {
    [status]: {
      description: status === 201 ? 'Created' : status === 202 ? 'Started' : 'Done',
      ...(Object.keys(headers).length > 0 && { headers }),
      content: { 'application/json': { schema: withReferences(result) } },
    },
    ...(operation.versioned && { 304: { description: 'If-None-Match names the current version' } }),
  };
}

function failures(operation: Operation): Json {
  const answers = [...byStatus(errorsOf(operation))].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\`: ${errorCodes[code].doc}`).join('\n\n'),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return Object.fromEntries(answers);
}

function headersOf(operation: Operation): Json[] {
  const header = (name: string, description: string) => ({
    in: 'header',
    name,
    required: false,
    description,
    schema: { type: 'string', maxLength: 255 },
  });
  return [
    ...(operation.verb === 'POST'
      ? [header('Idempotency-Key', 'The same request with the same key is carried out only once a day')]
      : []),
    ...(operation.versioned ? [header('If-None-Match', 'Answers 304 while this is still the ETag')] : []),
    ...(readerOf(operation) ? [header('If-Match', 'Is refused unless this is still the ETag')] : []),
  ];
}

function parameter(place: 'path' | 'query', name: string, schema: TSchema | undefined): Json {
  const required = place === 'path' || (schema !== undefined && !(OptionalKind in schema));
  return { in: place, name, required, schema: schema ? withReferences(schema) : {} };
}

function objectOf(entries: [string, TSchema][]): Json {
  const required = entries.filter(([, schema]) => !(OptionalKind in schema)).map(([key]) => key);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, schema]) => [key, withReferences(schema)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** A schema with a reference in place of each part that has a name. */
function withReferences(schema: unknown): unknown {
  const name = namesByJson().get(JSON.stringify(schema));
  return name === undefined ? withInnerReferences(schema) : { $ref: `#/components/schemas/${name}` };
}

/** Like withReferences, but the schema itself is written out: for the definition of a named one. */
function withInnerReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  const words = wordsOf(schema as TSchema);
  if (words) return words;
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, withReferences(part)]));
}

/** A choice of words as an `enum`, which generators of clients know how to name; TypeBox writes an `anyOf` of constants. */
function wordsOf({ anyOf, ...rest }: TSchema): Json | undefined {
  const isWord = (option: TSchema) => option.type === 'string' && typeof option.const === 'string';
  if (!Array.isArray(anyOf) || anyOf.length < 2 || !anyOf.every(isWord)) return undefined;
  return { type: 'string', enum: anyOf.map((option: TSchema) => option.const), ...rest };
}
