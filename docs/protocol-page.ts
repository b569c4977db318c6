import type { TSchema } from '@sinclair/typebox';
import { errorCodes } from '../src/core/errors.ts';
import { IceServer } from '../src/core/schemas.ts';
import { type Generation, knows } from '../src/signaling/generations.ts';
import * as media from '../src/signaling/media-schemas.ts';
import * as wire from '../src/signaling/messages.ts';
import type { Method } from '../src/signaling/method.ts';
import { methods } from '../src/signaling/methods/index.ts';
import { maxMoving } from '../src/signaling/moving-out.ts';
import * as peers from '../src/signaling/peer-schemas.ts';
import { sentLogLimits } from '../src/signaling/sent-log.ts';
import * as envelope from '../src/wire/envelope.ts';
import { peerQueueLimits } from '../src/wire/frame-queue.ts';
import * as rtp from '../src/wire/rtp.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';
import { code, shapeTexts } from './text.ts';

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
  Device: peers.DeviceInfo,
  TransportInfo: media.TransportInfo,
  ConsumerInfo: media.ConsumerInfo,
  DataConsumerInfo: media.DataConsumerInfo,
  PeerInfo: peers.PeerInfo,
  ProducerInfo: peers.ProducerInfo,
};

const names = new SchemaNames(named);

/** docs/protocol.md: the protocol, from the method table and the notifications. */
export function protocolPage(): string {
  return [
    opening,
    '## Methods',
    ...(methods as unknown as readonly Method[]).map(methodText),
    '## Requests of the server',
    'The client must answer within 30 seconds: `{}` to accept, or an error to refuse.',
    ...Object.entries(wire.serverRequests).map(eventText),
    '## Notifications of the server',
    ...Object.entries(wire.notifications).map(eventText),
    '## Errors',
    errorTable(),
    '## Shapes',
    ...shapeTexts(named, names),
    '',
  ].join('\n\n');
}

/** The notifications that a generation of clients is sent, as a list in text. */
function notificationsOf(generation: Generation, but?: Generation): string {
  const names = Object.keys(wire.notifications) as wire.NotificationName[];
  const sent = names.filter((name) => knows(generation, name) && !(but && knows(but, name)));
  return sent.map((name) => `\`${name}\``).join(', ');
}

function moreOf(generation: Generation): string {
  return notificationsOf(generation, 'unknown');
}

const opening = `# The signaling protocol

Generated from src/signaling by \`npm run generate\`; edit it there.

The protocol is compatible with protoo, so that protoo clients connect unchanged: one WebSocket, JSON text frames, requests and
notifications in both directions.

## Connecting

\`GET /signaling?roomId=..&peerId=..\` with the sub-protocol \`${envelope.subProtocol}\`. \`GET /?roomId=..&peerId=..\` does
the same for existing clients. The token ([tokens.md](tokens.md)) is a second sub-protocol entry,
\`${envelope.tokenPrefix}<jwt>\`, or \`?token=<jwt>\` for clients that cannot set one.

- A malformed request gets an HTTP error with \`code: sentence\` as its text: 403 without the sub-protocol
  (\`no_sub_protocol\`), 400 without ids, 429 (\`flood\`) with \`Retry-After\` when too many handshakes and requests come
  from one address.
- A well-formed request that is refused, and one of a page whose origin is not allowed (\`foreign_origin\`), gets a socket that
  is closed at once, with \`code: sentence\` as the reason: **${envelope.closeRefused}** if a retry is useless,
  **${envelope.closeTryAgain}** if the client should retry later.
- **${envelope.closeRestart}**: connect again. The server stops; or your media on it is gone, and you did not say that you know
  \`rejoin\`. **${envelope.closePolicy}**: the client sent too much, or did not read.
- A client that has not joined for \`TUREEN_JOIN_SECONDS\` since its last message is closed with ${envelope.closeRefused}.
- A frame has at most ${envelope.maxFrameBytes} bytes and ${envelope.maxFrameDepth} levels. Binary frames are ignored. The server sends pings; a client that
  sends nothing for \`TUREEN_IDLE_SECONDS\`, not even a pong, is disconnected.
- Frames are processed in order. A frame counts as one message per KiB or part of it, against
  \`TUREEN_MESSAGES_PER_SECOND\`; answers to requests of the server are free. At most ${peerQueueLimits.count} frames and ${peerQueueLimits.bytes} bytes
  may be queued.

## Envelope

${code(
  'json',
  `{"request": true, "id": 1, "method": "join", "data": {}}
{"response": true, "id": 1, "ok": true, "data": {}}
{"response": true, "id": 1, "ok": false, "errorCode": 404, "errorReason": "not_found: ..."}
{"notification": true, "method": "newPeer", "data": {}}`,
)}

\`data\` is optional and defaults to \`{}\`. \`errorReason\` begins with a stable code from the table below. The messages of a
connection are processed in order, one at a time.

For newer clients of the mediasoup demo, results also contain the fields that those read: \`routerRtpCapabilities\`,
\`transportId\`, \`iceParameters\`, \`producerId\`, \`consumerId\`, \`dataProducerId\`, \`dataConsumerId\`, \`peer\`. A client that
opens its transports with \`appData.direction\` gets statistics as \`{stats}\`.

## What a client is told

Say that you know the notifications of this page by \`?rejoin=1\`, or by \`?fast=1\` for the fast join. The applications of the
mediasoup demo, and what is made from them, cannot: they write an error into their log for each notification that they do
not know, and ignore it. So a client that says nothing is sent only what its generation knows, which its
\`createWebRtcTransport\` shows, and where its call depends on another message it is closed with
${envelope.closeRestart} instead, after which it comes back by itself: when it would have to \`rejoin\`, and when a transport of it
has failed.

| generation | is sent |
|---|---|
| all of them | ${notificationsOf('unknown')} |
| the JavaScript application | also ${moreOf('first')} |
| its TypeScript rewrites (\`appData.direction\`) | also ${moreOf('rewrite')} |

A data channel that such a client opens for the demo's bot (label or \`appData.channel\` "bot") is offered to nobody: there is
no bot here, and the others would show its messages as said by one.

## The order of a call

\`getRouterRtpCapabilities\`, \`createWebRtcTransport\` for sending, \`createWebRtcTransport\` for receiving, \`join\`,
\`produce\`. The server sends a \`newConsumer\` request for each publication of others. On \`rejoin\` the client closes its
transports and repeats these steps on the same socket.

## Several servers

Every node of a mesh serves every room. \`GET /nodes\` names those that clients can use, with their addresses (\`TUREEN_PUBLIC_URL\`), as JSON and
without a token: \`{"nodes": [{"name", "url", "region", "draining", "self"}]}\`; \`welcome\` does, too. Measure the way to \`/livez\` of each, and connect to the
nearest that is not draining; to the next one when it does not answer, or refuses with \`draining\`, \`worker_unavailable\` or \`overloaded\`. Who connects to
another node while its former peer is still there takes its place.

## Resuming

A client that connects with \`?resume=1\` is sent a ticket (\`resumeTicket\`). When its socket is cut after it has joined, its peer stays for
\`TUREEN_RESUME_SECONDS\` with all that it sends and receives; the others are told by \`peerAway\` after three seconds. To go on:

1. Both sides count the frames of the other, of every kind and from the first socket on, but for \`resumed\`, and keep what they sent
   until they know that it came. Say with \`received\` how many you have, every 64 frames or so; the answer to a request of yours shows
   that it came, and all that you sent before it. The server keeps ${sentLogLimits.count} frames and ${sentLogLimits.characters} characters.
2. Connect to \`/signaling?roomId=..&peerId=..&resume=1&received=<count>\` with the sub-protocols \`${envelope.subProtocol}\` and
   \`${envelope.resumePrefix}<ticket>\`. A token is not needed.
3. The first message is \`resumed\`: send again what the server lacks, in order, then \`received\`, then go on. What you lack follows in order.
   With \`missed\` there is more than the server keeps: count from zero, and \`rejoin\` follows.

A ticket is good once, until your first message after \`resumed\`: when \`resumed\` was lost, show the same ticket again. The former socket, if the
server has not noticed that it is cut, is closed. Wait for \`resumed\` before you send anything. A ticket that is not good is
refused with ${envelope.closeRefused} and \`ticket_refused\`: join without it. Any other reason is that of the end which the peer came to while it was
away, such as \`removed\`. Close a socket that you follow with another one with ${envelope.closeComesBack}; a client that closes with 1000 or 1001 has
left.

## Moving

A client that connects with \`?fast=1&resume=1&move=1\` may be asked by \`move\` to go on at another server of the mesh: a server that drains asks ${maxMoving} of
its clients at a time. To the others it stays the same peer: nobody is told that it left or joined. To move:

1. Keep the connection that you have: until step 4 it is the one in use. Connect to the other server with \`?fast=1&resume=1&move=1&moving=1\` and the
   sub-protocol \`${envelope.resumePrefix}<ticket>\`, the same ticket with which you would resume. A token is not needed. You get a \`resumeTicket\` of your own and \`welcome\`.
2. \`join\`, and take the consumers of its answer. The ids of producers are the same on every server: what you receive here goes on with what you receive there.
3. \`produce\` the same tracks again, each with \`replaces\`, the id of your producer there. Nobody is told of them yet, and nothing is told to you of the room.
4. When your media is connected, \`commitMove\`: its answer is the whole call, and from it on this connection is you. What others receive of your former
   producers goes on until you close the former connection, with 1000, and for ten seconds at most: close it when what you receive has changed over.

Your name, your hand, your metadata and what a moderator took of you come along. A ticket that is not good is refused with \`ticket_refused\`; of several
connections that show one ticket only the last can commit. When you do not commit within 20 seconds, or are refused, go on where you are. Your former
connection does nothing after the commit that others would see. Who receives you gets \`newConsumer\` with \`replaces\`: show the former until the new one
renders; \`consumerClosed\` of the former follows. With \`reportGap\` you say how long a track was missing, for those who run the servers.`;

function methodText(method: Method): string {
  const facts = [
    method.state === 'joined' ? 'after join' : 'needs no join',
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
