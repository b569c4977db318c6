import type { TSchema } from '@sinclair/typebox';
import { IceServer } from '../src/core/schemas.ts';
import { maxAppDataLength } from '../src/legacy/app-data.ts';
import type { Message } from '../src/legacy/message.ts';
import { messages } from '../src/legacy/messages/index.ts';
import * as told from '../src/legacy/notifications.ts';
import * as v2 from '../src/legacy/rtp-schemas.ts';
import * as envelope from '../src/wire/envelope.ts';
import * as rtp from '../src/wire/rtp.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';
import { code, shapeTexts } from './text.ts';

const named: Readonly<Record<string, TSchema>> = {
  V2RtpCapabilities: v2.V2RtpCapabilities,
  V2RtpParameters: v2.V2RtpParameters,
  DtlsParameters: rtp.DtlsParameters,
  IceParameters: rtp.IceParameters,
  IceCandidate: rtp.IceCandidate,
  IceServer,
  Consumer: told.V2Consumer,
  Peer: told.V2Peer,
};

const names = new SchemaNames(named);

/** docs/v2.md: the old protocol, from the table of its messages and that of its notifications. */
export function v2Page(): string {
  return [
    opening,
    '## Messages of the client',
    ...(messages as unknown as readonly Message[]).map(messageText),
    '## Notifications of the server',
    ...Object.entries(told.notifications).map(notificationText),
    '## Shapes',
    ...shapeTexts(named, names),
    '',
  ].join('\n\n');
}

const opening = `# The protocol of mediasoup 2

Generated from src/legacy by \`npm run generate\`; edit it there.

Applications on mediasoup-client 2 take part in the calls of this server as they are, beside clients of every other kind: they
connect to \`/v2\`. How to leave it behind is in [migration.md](migration.md). \`TUREEN_LEGACY=off\` switches it off.

## Connecting

\`GET /v2?roomId=..&peerName=..\` (or \`peerId\`), a WebSocket with one of two sub-protocols. Tokens, origins, limits and close codes are
those of [protocol.md](protocol.md#connecting); the token ([tokens.md](tokens.md)) is a second sub-protocol entry,
\`${envelope.tokenPrefix}<jwt>\`, or \`?token=<jwt>\`. A token for the peer is for that \`peerName\`.

**\`protoo\`**: protoo's frames around the messages, as in the applications of the mediasoup demo. A request is the data of
\`mediasoup-request\`, a notification that of \`mediasoup-notification\`:

${code(
  'json',
  `{"request": true, "id": 1, "method": "mediasoup-request", "data": {"method": "queryRoom", "target": "room"}}
{"response": true, "id": 1, "ok": true, "data": {"rtpCapabilities": {}, "mandatoryCodecPayloadTypes": []}}
{"request": true, "id": 2, "method": "mediasoup-notification", "data": {"method": "leave", "target": "peer", "notification": true}}`,
)}

protoo had no notifications when those applications were written, so that they send them as requests and expect them as requests.
The server does the same, until the client has sent one as a notification of protoo, or from the beginning with \`?notifications=1\`.

**\`mediasoup-v2\`**: the messages as they are. A notification is a frame; a request is put beside an id of the application:

${code(
  'json',
  `{"id": 7, "request": {"method": "queryRoom", "target": "room"}}
{"id": 7, "response": {"rtpCapabilities": {}, "mandatoryCodecPayloadTypes": []}}
{"id": 8, "error": {"code": "not_found", "message": "you have no transport 1111; it may have ended"}}
{"method": "leave", "target": "peer", "notification": true, "appData": 1234}`,
)}

In the page:

${code(
  'js',
  `room.on('request', (request, callback, errback) => {
  pending.set(++id, { callback, errback });
  socket.send(JSON.stringify({ id, request }));
});
room.on('notify', (notification) => socket.send(JSON.stringify(notification)));
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.notification) return room.receiveNotification(message);
  const { callback, errback } = pending.get(message.id);
  if (message.error) errback(message.error.message);
  else callback(message.response);
};`,
)}

What was refused and has no response is told by \`notificationRefused\`, which the library only logs; in a request of protoo it is the
response. Numbers of objects that the client does not have, or not any more, are ignored there.

## The end

The server says \`closed\` with a reason, and closes the socket with \`reason: sentence\`: **${envelope.closeRestart}** when connecting again and
joining again helps, **${envelope.closeRefused}** when not. Version 2 has no word for building media again on the same connection: when a
worker died, a room was moved, or a connection of your media failed, the reason is \`rejoin\`, with ${envelope.closeRestart}. protoo-client connects again by itself
after every code but ${envelope.closeRefused}; the application then joins again. An application of bare messages does so when \`appData.reconnect\` is true.

## What others see, and what is different

- The name of a peer is its id. \`displayName\` and \`device\` in the appData of a join are what other clients, moderators and the dashboard see. A
  name that the token sets wins. Others of this protocol on the same node get the whole appData, with the name and the device of the
  server; of all other peers they get \`displayName\`, \`device\`, \`metadata\` and \`attributes\`. AppData has at most ${maxAppDataLength} characters as JSON.
- \`source\` in the appData of a producer (\`mic\`, \`webcam\`, \`screen\`) is what it is taken for.
- Profiles are layers: \`low\`, \`medium\` and \`high\` are the spatial layers 0, 1 and 2 of simulcast or SVC, \`default\` is the best one.
- Statistics have the fields of mediasoup 3. The shortest interval is a second.
- A muted producer stays paused when the moderator allows it again, until its owner resumes it: to the library it has to be paused and
  resumed. Nobody else opens a microphone.
- A spy is a peer with the grant \`hidden\`. Without it, \`join\` with \`spy: true\` is refused.
- After \`leave\` the socket closes. To join again, connect again.
- Not told, because version 2 has no words for it: data channels, who speaks, scores, locks, hands, changed names, metadata and attributes, and that
  the node drains.

## What is refused

| asked for | in its place |
|---|---|
| \`plainRtpParameters\` in \`createTransport\` and \`updateTransport\` | the broadcaster API, or an endpoint ([ingest.md](ingest.md)) |
| a second transport for receiving at the same time | receive everything over one; a new one after \`closeTransport\` gets new consumers |
| \`updateProducer\` | close the producer and create another one; \`replaceTrack\` needs no message |
| \`spy: true\` without the grant \`hidden\` | a token that grants it |`;

function messageText({ name, type, target, state, errors, doc, params, result, example }: Message): string {
  const facts = [
    `${type} to the ${target}`,
    state === 'joined' ? 'after join' : 'needs no join',
    ...(errors.length > 0 ? [`errors: ${errors.map((error) => `\`${error}\``).join(', ')}`] : []),
  ];
  const response = type === 'request' ? `\nresponse: ${schemaText(result, names)}` : '';
  const message = { method: name, target, ...(type === 'notification' && { notification: true }) };
  return [
    `### ${name}`,
    doc,
    `*${facts.join('; ')}*`,
    code('ts', `fields: ${schemaText(params, names)}${response}`),
    code('json', JSON.stringify({ ...message, ...(example as object) }, null, 2)),
  ].join('\n\n');
}

function notificationText([name, { data, doc }]: [string, { data: TSchema; doc: string }]): string {
  return [`### ${name}`, doc, code('ts', `fields: ${schemaText(data, names)}`)].join('\n\n');
}
