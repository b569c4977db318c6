import type { TSchema } from '@sinclair/typebox';
import { connectionMethods, connectionNotifications } from '../src/controllers/methods.ts';
import { notices } from '../src/operations/holdings/notices.ts';
import type { Operation } from '../src/operations/operation.ts';
import { operationsBySubject } from '../src/operations/table/index.ts';
import { closePolicy, closeRefused, closeRestart, maxFrameBytes } from '../src/wire/envelope.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';

const names = new SchemaNames({});
const code = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

/** docs/controllers.md: the control socket, from its methods, its notifications and the table of operations. */
export function controllersPage(): string {
  return [
    opening,
    '## Methods',
    'Every operation of the REST API is a method of the same name with the same params and result: [api.md](api.md) has them in full. Two more are about the connection itself.',
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

Made from src/operations and src/controllers by \`npm run generate\`; change it there.

A Controller is a program of yours that drives this server over a connection of its own: a SIP proxy, a gateway, a
recorder, a scheduler. It speaks to those at the other end in whatever way they speak, tells the server what media they
send, and gets told what the server sends and where. Any number of Controllers are connected at a time.

## The first one

${code('ts', first)}

\`npm start\`, then \`bun first.ts\`: a telephone is in the room \`hall\`, and everybody there sees it. What follows for sound
is in [examples/telephone-gateway](../examples/telephone-gateway/gateway.ts), which connects a telephone with browsers.

## Connecting

\`GET /control\` with the sub-protocol \`tureen-control\` (or \`protoo\`). The key goes into the sub-protocol \`bearer.<key>\`,
into \`Authorization: Bearer\`, or into \`?token=\`: a key of the dashboard or a token with scopes, as for [REST](api.md).
In development mode none is needed on this machine. The key is looked at again every minute: one that was revoked, or a
token that has expired, ends the connection.

- \`?controllerId=\` is a name of your choice, one for each of the Controllers that share a key. Without it the server
  makes one up and tells it in \`welcome\`. A second connection of the same name and key takes the place of the first.
- Frames are JSON text, at most ${maxFrameBytes} bytes: \`{"request": true, "id": 1, "method": "createSession", "data": {}}\`, answered by
  \`{"response": true, "id": 1, "ok": true, "data": {..}}\` or by \`"ok": false\` with \`errorCode\` and \`errorReason\`, which begins
  with a stable code. Requests of one connection are carried out in order, one at a time; send the next without waiting.
  One counts as a message for each KiB that it has begun. A controller that is not heard for \`TUREEN_IDLE_SECONDS\`, not
  even by the pong to a ping, is disconnected.
- **${closeRefused}**: not let in, or replaced; connecting again is of no use. **${closePolicy}**: too much was sent, or not read.
  **${closeRestart}**: the server ends; connect again.

## Whose is what

- A **session** is a room that belongs to its Controller, for two unless told. A room made by \`createRoom\`, or by
  whoever enters first, belongs to nobody.
- An **endpoint** is a peer that your Controller acts for. People in the room, moderators, metrics and the dashboard see
  a peer like any other.
- What you made is yours: everybody sees it with its owner in the lists, and only you may change it. \`takeOverEndpoint\`
  and \`takeOverSession\` make it somebody else's; you are told.
- When your connection ends, what you made goes on for TUREEN_CONTROLLER_GRACE_SECONDS. Come back with the same key and
  \`controllerId\` and it is yours as before; after that it is closed, but for what you made with \`keep: true\`.
- What a program makes over REST has no connection that could end. It stays until it is closed.

## Events

\`subscribe\` gives the events that webhooks give too. Each has an \`id\`, which is its position: after a lost connection
subscribe with \`after: <the last id>\` and you miss none. The server keeps the last 10,000 at least; when that was not
enough, or when it was started anew, the answer says \`gap: true\`. The events of one room are counted in \`sequence\`. A
Controller that reads too slowly is dropped alone, and resumes in the same way. What concerns your own objects is told
as notifications of their own, whether you subscribed or not.

## Media

1. \`createSession\` or \`createRoom\` with the codecs that the other side speaks. Nothing is transcoded: for a telephone and
   a browser in one room that is \`["PCMU"]\`, \`["PCMA"]\` or \`["G722"]\`, which every browser speaks too (but not G722 in
   Safari), beside video codecs as you like. \`telephone-event\` lets the keys of telephones through.
2. \`createEndpoint\`, then \`openPlainTransport\`: the answer has our address, and our key for SRTP.
3. \`connectTransport\` gives the other side's address and key. With comedia (the default) the address is learned from the
   first packet, and only the key is given; with comedia and without SRTP there is nothing to give.
4. \`produce\` says what the other side sends, as
   [RTP parameters](https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/): its codecs with
   payload types, and the \`ssrc\` of each stream, by which packets are recognised. \`a=ssrc\` of an SDP has it (RFC 5576);
   where a device does not tell, take it from its first packet.
5. \`consume\` sends what somebody in the room publishes. \`rtpParameters\` of the answer say what the other side gets, with
   payload types of the room. A telephone plays one stream: consume everybody, and pause all but who speaks
   (event \`active_speaker\`). Who speaks is told by the audio level that browsers write into their packets (RFC 6464);
   a telephone writes none, so it is never the one.
6. \`openPipeTransport\` on two servers, \`connectTransport\` on both, \`consume\` on one and \`produce\` with its answer on the
   other carry a publication from server to server, with all its layers.

When \`mediaLost\` comes the worker died or the room was moved: the endpoint is still there, open its transports anew.

## Safety

- Nobody but programs with a key of the scope \`media\` gets a plain transport. Participants of calls never do.
- SRTP and comedia are the default. \`srtp: "none"\` has to be said.
- Nothing is sent to an address that did not send itself, or that a Controller with a key did not give.
- TUREEN_RTP_REMOTES lists the only addresses with which RTP may be exchanged. Others are refused, and a
  transport that learns its other side from a packet of theirs is closed, for mediasoup cannot forget it. With SRTP a packet
  without the key is dropped and the transport waits on; without it give the address (comedia: false), or let the firewall
  pass nobody else to TUREEN_RTP_PORTS.
- Ports come from TUREEN_RTP_PORTS alone, one or two for a transport, and are given back when it closes.
- RTP without SRTP can be read and forged by whoever is on the way. Keep it in a network that you trust.`;

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
