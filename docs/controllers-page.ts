import type { TSchema } from '@sinclair/typebox';
import { connectionMethods, connectionNotifications } from '../src/controllers/methods.ts';
import { notices } from '../src/operations/holdings/notices.ts';
import type { Operation } from '../src/operations/operation.ts';
import { operationsBySubject } from '../src/operations/table/index.ts';
import { closePolicy, closeRefused, closeRestart, maxFrameBytes } from '../src/wire/envelope.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';
import { code } from './text.ts';

const names = new SchemaNames({});

/** docs/controllers.md: the control socket, from its methods, its notifications and the table of operations. */
export function controllersPage(): string {
  return [
    opening,
    '## Methods',
    'Every operation of the REST API is a method of the same name with the same params and result; [api.md](api.md) describes them. `warning` beside the `data` of a reply is what `Tureen-Warning` is there. Two more concern the connection itself.',
    methodTable(),
    ...Object.entries(connectionMethods).map(([name, method]) => methodText(name, method)),
    '## Notifications',
    ...Object.entries({ ...connectionNotifications, ...notices }).map(notificationText),
    '',
  ].join('\n\n');
}

const first = `interface Answer { ok: boolean; data: Record<string, unknown>; errorReason?: string }
const { TUREEN_URL: url = 'ws://localhost:3000', TUREEN_KEY: key } = process.env;
const protocols = ['tureen-control', ...(key ? [\`bearer.\${key}\`] : [])];
const socket = new WebSocket(\`\${url}/control?controllerId=first\`, protocols);
const waiting = new Map<number, (answer: Answer) => void>();

function ask(method: string, data: object): Promise<Answer['data']> {
  const id = waiting.size + 1;
  socket.send(JSON.stringify({ request: true, id, method, data }));
  return new Promise((resolve, reject) => {
    waiting.set(id, (answer) => (answer.ok ? resolve(answer.data) : reject(new Error(answer.errorReason))));
  });
}

socket.onmessage = async ({ data: text }) => {
  const frame = JSON.parse(String(text));
  if (frame.response) waiting.get(frame.id)?.(frame);
  if (frame.method === 'event') console.log(frame.data.type, frame.data.data.peerId);
  if (frame.method !== 'welcome') return;
  await ask('subscribe', { types: ['peer_joined', 'peer_left'] });
  const endpoint = { roomId: 'hall', peerId: 'telephone' };
  await ask('createEndpoint', endpoint);
  const { ip, port, srtpParameters } = await ask('openPlainTransport', endpoint);
  console.log(\`SRTP comes to \${ip}:\${port}\`, srtpParameters);
};
socket.onclose = ({ code, reason }) => console.log(\`closed: \${code} \${reason}\`);`;

const opening = `# Controllers

Generated from src/operations and src/controllers by \`npm run generate\`; edit it there.

A Controller is a program of yours that controls this server over a WebSocket: a SIP proxy, a gateway, a recorder, a
scheduler. It talks to the devices at the other end in their own protocol, describes to the server what media they
send, and learns what the server sends and where. Any number of Controllers can be connected at the same time.

## The first one

${code('ts', first)}

Run \`npm start\`, then \`bun first.ts\`: a telephone is in the room \`hall\`, and everybody there sees it. For its sound, see
[examples/telephone-gateway](../examples/telephone-gateway/gateway.ts), which connects a telephone with browsers. The server
speaks RTP and no SIP: that is for a SIP server of yours, such as Asterisk or drachtio, whose calls a Controller connects.

## Connecting

\`GET /control\` with the sub-protocol \`tureen-control\` (or \`protoo\`). The key goes into the sub-protocol \`bearer.<key>\`,
into \`Authorization: Bearer\`, or into \`?token=\`: a key of the dashboard or a token with scopes, as for [REST](api.md).
In development mode none is needed on this machine. The key is checked again every minute: the connection ends when the
key was revoked or the token has expired.

- \`?controllerId=\` is an id of your choice, different for each of the Controllers that share a key. Without it the
  server chooses one and sends it in \`welcome\`. A second connection with the same id and key replaces the first.
- Frames are JSON text, at most ${maxFrameBytes} bytes: \`{"request": true, "id": 1, "method": "createSession", "data": {}}\`, answered by
  \`{"response": true, "id": 1, "ok": true, "data": {..}}\` or by \`"ok": false\` with \`errorCode\` and \`errorReason\`, which begins
  with a stable code. Requests of one connection are handled in order, one at a time; you need not wait to send the next.
  One counts as a message for each KiB that it has begun. A controller that is not heard for \`TUREEN_IDLE_SECONDS\`, not
  even by the pong to a ping, is disconnected.
- Close codes: **${closeRefused}**: refused or replaced; do not connect again. **${closePolicy}**: you sent too much, or did not read.
  **${closeRestart}**: the server stops; connect again.

## Ownership

- A **session** is a room that belongs to its Controller, by default for two peers. A room that was opened by
  \`createRoom\`, or by its first peer, has no owner.
- An **endpoint** is a peer that your Controller acts for. People in the room, moderators, metrics and the dashboard see
  it as a peer like any other.
- You own what you make. The lists show it with its owner to everybody, but only you may change it, until another program
  takes it over with \`takeOverEndpoint\` or \`takeOverSession\`. Then you are notified.
- When your connection ends, your objects stay for TUREEN_CONTROLLER_GRACE_SECONDS. Connect again with the same key and
  \`controllerId\`, and they are yours as before. After that time they are closed, except those made with \`keep: true\`.
- Objects that were made over REST have no connection that could end. They stay until they are closed.

## Events

\`subscribe\` sends you the same events as webhooks. The \`id\` of an event is its position: after a lost connection,
subscribe with \`after: <the last id>\` and you miss none. The server keeps at least the last 10,000; when that was not
enough, or when it was restarted, the reply says \`gap: true\`. In a mesh you get what happens on every node, whichever one
you are connected to: \`node\` says where, the events of one node are in its order, and \`sequence\` counts those of one room on one node. The others
tell theirs from a moment after the first subscription on a node until a minute after the last. Positions are those of the node that you are
connected to: on another one read the state, then subscribe. When some events of a node did not arrive, because the bus was away, you are told \`events_lost\` with
its name: read the state again. A Controller that
reads too slowly is disconnected, without effect on others, and can continue in the same way. About your own objects you
get notifications whether or not you subscribed.

## Media

1. \`createSession\` or \`createRoom\` with codecs that the other side supports. Nothing is transcoded: for a telephone and
   a browser in one room that is \`["PCMU"]\`, \`["PCMA"]\` or \`["G722"]\`, which browsers support too (except G722 in
   Safari), besides any video codecs. \`telephone-event\` lets the keys of telephones through.
2. \`createEndpoint\`, then \`openPlainTransport\`: the reply has our address, and our key for SRTP.
3. \`connectTransport\` gives the other side's address and key. With comedia (the default) the address is learned from the
   first packet, so give only the key; with comedia and without SRTP, skip this step.
4. \`produce\` describes what the other side sends, as
   [RTP parameters](https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/): its codecs with
   payload types, and the \`ssrc\` of each stream, by which packets are recognised. It is the \`a=ssrc\` of an SDP (RFC 5576);
   if a device does not announce it, take it from its first packet.
5. \`consume\` sends what somebody in the room publishes. The \`rtpParameters\` of the reply describe what the other side
   gets, with the payload types of the room. A telephone plays one stream: consume everybody, and pause everybody except
   the active speaker (event \`active_speaker\`). The active speaker is found by the audio level that browsers write into
   their packets (RFC 6464). Telephones do not write it, so they never become the active speaker.
6. To carry a publication with all its layers from server to server: \`openPipeTransport\` and \`connectTransport\` on both,
   then \`consume\` on one and \`produce\` with its reply on the other.

After \`mediaLost\` (the worker died, or the room was moved) the endpoint is still in its room: open its transports again.

## Security

- Only programs with a key that has the scope \`media\` get a plain transport. Participants of calls never do.
- SRTP and comedia are the default. \`srtp: "none"\` has to be requested.
- The server sends media only to addresses that have sent to it, or that a Controller with a key gave.
- TUREEN_RTP_REMOTES lists the only addresses with which RTP may be exchanged. Others are refused. With SRTP a packet
  without the key is dropped and the transport waits on. With comedia and without SRTP one packet of a stranger closes the
  transport: mediasoup's worker takes the address of the first packet before the server hears of it, and has no call that
  takes it back. A new transport on the same port would have other ids and SSRCs than you were told, and the next packet
  of that stranger would take it again. So give the address (\`comedia: false\`), or let the firewall pass nobody else to
  TUREEN_RTP_PORTS ([deploy.md](deploy.md#a-bare-host)). A transport that was closed is told as \`transportClosed\` with
  the reason \`not_allowed\`.
- Ports come only from TUREEN_RTP_PORTS, one or two for each transport, and are free again when it closes.
- RTP without SRTP can be read and forged by anybody on its way. Use it only in a network that you trust.`;

function methodTable(): string {
  const rows = Object.values(operationsBySubject as Readonly<Record<string, readonly Operation[]>>)
    .flat()
    .map(
      ({ name, scope, doc }) =>
        `| [${name}](api.md#${name.toLowerCase()}) | \`${scope}\` | ${firstSentence(doc)} |`,
    );
  return ['| method | scope | what it does |', '|---|---|---|', ...rows].join('\n');
}

function firstSentence(doc: string): string {
  return /^.*?[.:](?= |$)/.exec(doc)?.[0].replace(/:$/, '.') ?? doc;
}

function methodText(
  name: string,
  method: { doc: string; scope: string; params: TSchema; result: TSchema; example: unknown },
): string {
  return [
    `### ${name}`,
    method.doc,
    `*scope \`${method.scope}\`*`,
    code('ts', `data: ${schemaText(method.params, names)}\nresult: ${schemaText(method.result, names)}`),
    code('json', JSON.stringify({ request: true, id: 1, method: name, data: method.example }, null, 2)),
  ].join('\n\n');
}

function notificationText([name, { data, doc }]: [string, { data: TSchema; doc: string }]): string {
  return [`### ${name}`, doc, code('ts', `data: ${schemaText(data, names)}`)].join('\n\n');
}
