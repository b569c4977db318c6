import type { TSchema } from '@sinclair/typebox';
import { scopes } from '../../src/access/scopes.ts';
import { peerEnds, producerEnds } from '../../src/core/ends.ts';
import { errorCodes } from '../../src/core/errors.ts';
import { publicEventSchemas, webhookBodies } from '../../src/core/public-event-schemas.ts';
import { namedSchemas } from '../../src/operations/named-schemas.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { operations } from '../../src/operations/table/index.ts';
import * as media from '../../src/signaling/media-schemas.ts';
import * as messages from '../../src/signaling/messages.ts';
import type { Method } from '../../src/signaling/method.ts';
import { methods } from '../../src/signaling/methods/index.ts';
import { maxResumed } from '../../src/signaling/methods/resumeConsumers.ts';
import { maxAddressees } from '../../src/signaling/methods/sendMessage.ts';
import { maxWatched } from '../../src/signaling/methods/watch.ts';
import * as peers from '../../src/signaling/peer-schemas.ts';
import * as envelope from '../../src/wire/envelope.ts';
import {
  DtlsParameters,
  IceCandidate,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  SctpParameters,
  SctpStreamParameters,
} from '../../src/wire/rtp.ts';
import { definitionText, SchemaNames, schemaText } from '../../src/wire/schema-text.ts';

/**
 * The tables of the server as plain TypeScript, for packages that are installed without it. The types of the client
 * library are those of the tables; an application gets them without the schemas and the packages behind them.
 */

/** What mediasoup-client has a type for: its own, to which a client passes it on. */
const ofMediasoup = {
  RtpCapabilities,
  RtpParameters,
  DtlsParameters,
  IceParameters,
  IceCandidate,
  SctpParameters,
  SctpStreamParameters,
};

const ofSignaling = {
  DeviceInfo: peers.DeviceInfo,
  PeerInfo: peers.PeerInfo,
  TransportInfo: media.TransportInfo,
  ConsumerInfo: media.ConsumerInfo,
  DataConsumerInfo: media.DataConsumerInfo,
};

/** The numbers and words of the envelope, such as the codes with which a socket is closed. */
const constants = Object.entries(envelope).filter(([, value]) => ['number', 'string'].includes(typeof value));

/**
 * What the client library imports from the server, by its path from the root.
 * A file of the server that it imports besides is missing there, and the build of the package fails at its name.
 */
export function signalingTypes(): ReadonlyMap<string, string> {
  const names = new SchemaNames({ ...ofMediasoup, ...ofSignaling });
  const text = (schema: TSchema) => schemaText(schema, names, '  ');
  const shared = [
    "import type { types } from 'mediasoup-client';",
    ...Object.keys(ofMediasoup).map((name) => `export type ${name} = types.${name};`),
    ...Object.entries(ofSignaling).map(
      ([name, schema]) => `export type ${name} = ${definitionText(schema, names)};`,
    ),
  ];
  const imported = (folder: string) =>
    `import type { ${Object.keys({ ...ofMediasoup, ...ofSignaling }).join(', ')} } from '${folder}shapes.ts';`;
  const table = methods as unknown as readonly Method[];
  return new Map([
    ['src/signaling/shapes.ts', lines(shared)],
    [
      'src/signaling/messages.ts',
      lines([
        imported('./'),
        dictionary('Notifications', mapData(messages.notifications, text)),
        dictionary('ServerRequests', mapData(messages.serverRequests, text)),
        'export type NotificationName = keyof Notifications;',
        'export type NotificationData<N extends NotificationName> = Notifications[N];',
        'export type ServerRequestName = keyof ServerRequests;',
        'export type ServerRequestData<N extends ServerRequestName> = ServerRequests[N];',
      ]),
    ],
    [
      'src/signaling/methods/index.ts',
      lines([
        imported('../'),
        dictionary(
          'Methods',
          table.map(({ name, params, result }) => [
            name,
            `{ params: ${text(params)}; result: ${text(result)} }`,
          ]),
        ),
        'export type MethodName = keyof Methods;',
        "export type MethodParams<N extends MethodName> = Methods[N]['params'];",
        "export type MethodResult<N extends MethodName> = Methods[N]['result'];",
      ]),
    ],
    [
      'src/core/errors.ts',
      lines([union('ErrorCode', 'Why the server refuses something.', Object.keys(errorCodes))]),
    ],
    [
      'src/core/ends.ts',
      lines([
        union('PeerEnd', 'Why a peer left.', peerEnds),
        union('ProducerEnd', 'Why a publication or a channel ended.', producerEnds),
      ]),
    ],
    ['src/signaling/methods/resumeConsumers.ts', `export const maxResumed = ${maxResumed};\n`],
    ['src/signaling/methods/sendMessage.ts', `export const maxAddressees = ${maxAddressees};\n`],
    ['src/signaling/methods/watch.ts', `export const maxWatched = ${maxWatched};\n`],
    [
      'src/wire/envelope.ts',
      lines(constants.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)),
    ],
  ]);
}

/** packages/server-sdk/src/tables.ts: the operations and the webhooks, as the SDK needs them. */
export function sdkTables(): string {
  const names = new SchemaNames(namedSchemas);
  const text = (schema: TSchema) => schemaText(schema, names, '  ');
  return lines([
    '// Generated from src/operations/table and src/core by `npm run generate`; edit it there.',
    ...Object.entries(namedSchemas).map(
      ([name, schema]) => `export type ${name} = ${definitionText(schema, names)};`,
    ),
    union('ErrorCode', 'The code of a refusal, which does not change.', Object.keys(errorCodes)),
    union('Scope', 'What a program may do.', scopes),
    dictionary(
      'Operations',
      operations.map(({ name, doc, scope, params, result, status, deprecated }) => [
        name,
        `{ params: ${text(params)}; result: ${status === 204 ? 'undefined' : text(result)} }`,
        `${doc}\n\nNeeds the scope \`${scope}\`.${deprecated ? '\n@deprecated' : ''}`,
      ]),
    ),
    `/** The verb and the path of each operation. */\nexport const routes = {\n${operations
      .map(({ name, verb, path }: Operation) => `  ${name}: '${verb} ${path}',`)
      .join('\n')}\n} as const satisfies Record<keyof Operations, string>;`,
    dictionary(
      'WebhookData',
      webhookBodies.map(({ type }) => [
        type,
        text(publicEventSchemas[type].data),
        publicEventSchemas[type].doc,
      ]),
    ),
  ]);
}

type Entry = readonly [name: string, type: string, doc?: string];

/** A choice of words. */
const union = (name: string, doc: string, words: readonly string[]) =>
  `/** ${doc} */\nexport type ${name} =\n${words.map((word) => `  | '${word}'`).join('\n')};`;

const lines = (parts: readonly string[]) => `${parts.join('\n\n')}\n`;

/** An interface with an entry for each. */
function dictionary(name: string, entries: readonly Entry[]): string {
  const fields = entries.map(([key, type, doc]) => {
    const comment =
      doc === undefined ? '' : `  /**\n${doc.replaceAll(/^/gm, '   * ').replaceAll(/ +$/gm, '')}\n   */\n`;
    return `${comment}  ${/^\w+$/.test(key) ? key : `'${key}'`}: ${type};`;
  });
  return `export interface ${name} {\n${fields.join('\n')}\n}`;
}

function mapData(
  table: Readonly<Record<string, { readonly data: TSchema; readonly doc: string }>>,
  text: (schema: TSchema) => string,
): Entry[] {
  return Object.entries(table).map(([name, { data, doc }]) => [name, text(data), doc]);
}
