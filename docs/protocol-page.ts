import type { TSchema } from '@sinclair/typebox';
import { errorCodes } from '../src/core/errors.ts';
import { IceServer } from '../src/core/schemas.ts';
import * as wire from '../src/signaling/messages.ts';
import type { Method } from '../src/signaling/method.ts';
import { methods } from '../src/signaling/methods/index.ts';
import * as envelope from '../src/wire/envelope.ts';
import { peerQueueLimits } from '../src/wire/frame-queue.ts';
import * as rtp from '../src/wire/rtp.ts';
import { definitionText, SchemaNames, schemaText } from '../src/wire/schema-text.ts';

const named: Readonly<Record<string, TSchema>> = {
  RtpCapabilities: rtp.RtpCapabilities,
  RtpParameters: rtp.RtpParameters,
  DtlsParameters: rtp.DtlsParameters,
  IceParameters: rtp.IceParameters,
  IceCandidate: rtp.IceCandidate,
  SctpParameters: rtp.SctpParameters,
  SctpStreamParameters: rtp.SctpStreamParameters,
  ConsumerScore: rtp.ConsumerScore,
  ProducerScore: rtp.ProducerScore,
  ConsumerLayers: rtp.ConsumerLayers,
  IceServer,
  AppData: envelope.AppData,
  Device: wire.DeviceInfo,
  TransportInfo: wire.TransportInfo,
  ConsumerInfo: wire.ConsumerInfo,
  DataConsumerInfo: wire.DataConsumerInfo,
  PeerInfo: wire.PeerInfo,
  ProducerInfo: wire.ProducerInfo,
};

const names = new SchemaNames(named);
const code = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

/** docs/protocol.md: the wire, from the method table and the notifications. */
export function protocolPage(): string {
  return [
    opening,
    '## Methods',
    ...(methods as unknown as readonly Method[]).map(methodText),
    '## Requests of the server',
    'The client answers `{}` to accept, or an error to refuse, within 30 seconds.',
    ...Object.entries(wire.serverRequests).map(eventText),
    '## Notifications of the server',
    ...Object.entries(wire.notifications).map(eventText),
    '## Errors',
    errorTable(),
    '## Shapes',
    ...Object.entries(named).map(([name, schema]) =>
      code('ts', `type ${name} = ${definitionText(schema, names)};`),
    ),
    '',
  ].join('\n\n');
}

const opening = `# The signaling protocol

Made from src/signaling by \`npm run generate\`; change it there.

The wire is protoo's, so that clients of protoo connect unchanged: one WebSocket, JSON text frames, requests and
notifications in both directions.

## Connecting

\`GET /signaling?roomId=..&peerId=..\` with the sub-protocol \`${envelope.subProtocol}\`. \`GET /?roomId=..&peerId=..\` does
the same for existing clients. The token ([tokens.md](tokens.md)) is a second sub-protocol entry,
\`${envelope.tokenPrefix}<jwt>\`, or \`?token=<jwt>\` for clients that cannot set one.

- What is malformed gets an HTTP error: 403 without the sub-protocol or from an origin that is not allowed, 400 without
  ids.
- What is well-formed but refused is accepted and closed: with **${envelope.closeRefused}** and \`code: sentence\` as the reason when
  trying again is of no use, with **${envelope.closeTryAgain}** when it is.
- **${envelope.closeRestart}**: the server ends; connect again. **${envelope.closePolicy}**: this client sent too much, or did not read.
- A frame has at most ${envelope.maxFrameBytes} bytes and ${envelope.maxFrameDepth} levels. Binary frames are ignored. The server pings; a client that is
  not heard for \`TUREEN_IDLE_SECONDS\` is gone, whatever it is sent.
- Frames are handled in their order. One counts as a message for each KiB that it has begun, against
  \`TUREEN_MESSAGES_PER_SECOND\`; answers that the server asked for are free. At most ${peerQueueLimits.count} frames and ${peerQueueLimits.bytes} bytes
  may wait.

## Envelope

${code(
  'json',
  `{"request": true, "id": 1, "method": "join", "data": {}}
{"response": true, "id": 1, "ok": true, "data": {}}
{"response": true, "id": 1, "ok": false, "errorCode": 404, "errorReason": "not_found: ..."}
{"notification": true, "method": "newPeer", "data": {}}`,
)}

\`data\` may be left out and reads as \`{}\`. \`errorReason\` begins with a stable code of the table below. Messages of one
connection are carried out in order, one at a time.

Clients of newer generations find the fields that they read beside those shown here: \`routerRtpCapabilities\`,
\`transportId\`, \`iceParameters\`, \`producerId\`, \`consumerId\`, \`dataProducerId\`, \`dataConsumerId\`, \`peer\`; and one that
opens its transports with \`appData.direction\` gets statistics as \`{stats}\`.

## The order of a call

\`getRouterRtpCapabilities\`, \`createWebRtcTransport\` for sending, \`createWebRtcTransport\` for receiving, \`join\`,
\`produce\`. A \`newConsumer\` request comes for each publication of others. On \`rejoin\` the client closes its transports
and goes through the same order again, on the same socket.`;

function methodText(method: Method): string {
  const facts = [
    method.state === 'joined' ? 'after join' : 'from connecting on',
    ...(method.grant === 'none' ? [] : [`grant \`${method.grant}\``]),
    ...(method.asNotification ? ['also as a notification'] : []),
    ...((method.aliases ?? []).length > 0 ? [`also called \`${method.aliases?.join('`, `')}\``] : []),
    ...(method.errors.length > 0 ? [`errors: ${method.errors.map((name) => `\`${name}\``).join(', ')}`] : []),
  ];
  return [
    `### ${method.name}`,
    method.doc,
    `*${facts.join('; ')}*`,
    code('ts', `data: ${schemaText(method.params, names)}\nresult: ${schemaText(method.result, names)}`),
    code(
      'json',
      JSON.stringify({ request: true, id: 1, method: method.name, data: method.example }, null, 2),
    ),
  ].join('\n\n');
}

function eventText([name, { data, doc }]: [string, { data: TSchema; doc: string }]): string {
  return [`### ${name}`, doc, code('ts', `data: ${schemaText(data, names)}`)].join('\n\n');
}

function errorTable(): string {
  const rows = Object.entries(errorCodes).map(
    ([name, { status, retryable, doc }]) =>
      `| \`${name}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${doc} |`,
  );
  return ['| code | errorCode | worth trying again | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
