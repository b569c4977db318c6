import type { TSchema } from '@sinclair/typebox';
import { Fact } from '../src/cluster/fact-schemas.ts';
import * as messages from '../src/cluster/messages.ts';
import * as shapes from '../src/cluster/schemas.ts';
import * as rtp from '../src/wire/rtp.ts';
import { SchemaNames, schemaText } from '../src/wire/schema-text.ts';
import { code, shapeTexts } from './text.ts';

const named: Readonly<Record<string, TSchema>> = {
  Fact,
  PeerShare: shapes.PeerShare,
  PublicationShare: shapes.PublicationShare,
  DataPublicationShare: shapes.DataPublicationShare,
  ShareChange: shapes.ShareChange,
  Statement: shapes.Statement,
  SnapshotPage: shapes.SnapshotPage,
  PipeSide: shapes.PipeSide,
  RtpParameters: rtp.RtpParameters,
  Volume: shapes.Volume,
};

const names = new SchemaNames(named);
const ts = (text: string) => code('ts', text);

/** docs/mesh.md: how several nodes are one, and what they say to each other, from the table in src/cluster. */
export function meshPage(): string {
  return [
    opening,
    ...section('To all nodes', '`t.<node>.<life>.node.<name>`', messages.nodeMessages),
    ...section(
      'To all nodes that have a room',
      '`t.<node>.<life>.room.<room>.<name>`',
      messages.roomMessages,
    ),
    ts(`type HelloAnswer = ${schemaText(messages.HelloAnswer, names)};`),
    '## Messages of data channels',
    `\`t.<node>.<life>.data.<room>\`, over a connection of their own. Two bytes say how long the header is (big endian); the header, which is JSON, and the bytes of the message follow.`,
    ts(`type DataHeader = ${schemaText(messages.DataHeader, names)};`),
    '## To one node, which answers',
    '`t.<node>.<life>.ask.<life of the other>.<name>`. The answer is `{"result": ...}`, or `{"error": {"code", "message"}}` with a code of [protocol.md](protocol.md#errors).',
    ...Object.entries(messages.requests).map(requestText),
    '## Shapes',
    ...shapeTexts(named, names),
    '',
  ].join('\n\n');
}

function section(
  title: string,
  subject: string,
  table: Readonly<Record<string, { readonly data: TSchema; readonly doc: string }>>,
): string[] {
  const entries = Object.entries(table).map(
    ([name, { data, doc }]) => `### ${name}\n\n${doc}\n\n${ts(schemaText(data, names))}`,
  );
  return [`## ${title}`, `${subject}.`, ...entries];
}

function requestText([name, { data, result, doc }]: [string, messages.Request]): string {
  return `### ${name}\n\n${doc}\n\n${ts(`data: ${schemaText(data, names)}\nresult: ${schemaText(result, names)}`)}`;
}

const opening = `# The mesh: rooms over several nodes

Generated from the table in src/cluster by \`npm run generate\`; edit it there.

A peer connects to one node, the nearest; everybody in a room is in one call, whichever node they are on. No node owns a
room, none is special, and none needs the others to go on with what it has.

    npm run mesh -- --nodes 3

starts a bus and three nodes on this machine, at ports 3000, 3001 and 3002, and prints their addresses. Open two of them
in two tabs.

    npm run mesh -- --rolling 15

also restarts its nodes, one after the other and again and again, every 15 seconds. Open a call in two tabs: it goes on, whichever node is restarted.

## Setting one up

Nodes find each other over a **bus**: one NATS cluster with JetStream, with leaf nodes where a host is far from it.

- Give each node a name of its own (\`TUREEN_NODE\`; on Fly.io each has one) and the addresses of the bus (\`TUREEN_BUS_URL\`).
  Without that variable a node is alone, and nothing of NATS is loaded.
- Beyond loopback the bus needs TLS (\`tls://\`, \`TUREEN_BUS_CA\`) and credentials (\`TUREEN_BUS_CREDENTIALS\`): whoever reaches
  the bus may say who is in a room. A node publishes beneath \`t.<node>.\` only and gets answers beneath \`i.<node>.\`, names in
  base64url, so that the bus can hold each to its own.
- With NATS's JetStream the bus keeps bans, users and API keys for nodes that come later, in the key-value bucket
  \`tureen-facts\`, on \`TUREEN_BUS_REPLICAS\` servers. Beside \`t.<node>.>\` a node publishes for it
  \`$KV.tureen-facts.>\`, \`$JS.API.INFO\`, \`$JS.API.STREAM.*.KV_tureen-facts\`, \`$JS.API.CONSUMER.*.KV_tureen-facts.>\`,
  \`$JS.API.DIRECT.GET.KV_tureen-facts.>\` and \`$JS.FC.KV_tureen-facts.>\`. Hashes of passwords and of keys are in it: protect it as you protect the databases of the nodes. With
  leaf nodes set \`TUREEN_BUS_DOMAIN\` to the JetStream domain of the hub, on every node.
- Set \`TUREEN_DATA_DIR\`: the database knows the node again after a restart, and others end its former life at once.

## Words

- **node**: one Tureen process. A **life** is one run of it and has a random id; everything that a node says is keyed by its life.
- **share**: what one life says of one room, its peers and what they publish. Nobody else writes it.
- **roster**: all shares of a room together, as one node has heard them.

## Moving a peer

The client of a peer goes on at another node with its ticket ([protocol.md](protocol.md#moving)). Nobody owns the move: the node that it comes to asks the others
who knows the ticket (\`session.take\`), lets it in beside its session there, in no list and no count, and asks once more when its media is there; what was
decided meanwhile comes along. One change of its share (\`supersedes\`) switches it on every node: its former session, and what others receive of that, goes on
until its client closes it, ten seconds at most, and then is dropped with the reason \`moved\`. When the node that it leaves is silent or dead, it takes over with what was said
first. A removal or a ban ends both. Of several nodes that show one ticket the last one can take over.

## Media between nodes

What a peer sends goes to another node once, when the first peer there receives it: over a **pipe** (UDP, encrypted by SRTP,
with retransmissions), one for each room and pair of nodes. All simulcast layers cross, whatever is watched, and a pipe has no estimate of
bandwidth: nodes should be joined by a network that is better than that of their users.

- Open \`TUREEN_PIPE_PORTS\` (UDP) between nodes, on \`TUREEN_CLUSTER_ADDRESS\`. A node uses a port for each room and other node that it sends to,
  and one for each that it receives from: 1,000 ports carry 500 rooms that send both ways to one other node.
- What nobody watches is paused at its origin after a second and leaves the pipe after ten.
- Every two seconds a node compares what was sent to it with what came. A pipe that stalls is built again; after three times within a minute
  its media is unreachable there, joins go on, and it is tried again. Plain transports get what they lost by themselves, under another SSRC; the
  session of a WHEP player ends, so that it opens another one.
  The call is told what is missing (\`peerUnreachable\`), and the dashboard shows where.
- Data channels go over the bus, in order, at most 1 MiB of each waiting: beyond that a reliable one closes with \`overloaded\`, and one that
  may lose messages loses them. From the far node to its peers a channel is delivered as it was opened, and who sends is told when those on
  other nodes receive it (\`dataProducerReady\`).
- Each node observes who speaks on it; the one with the lowest life in the room elects the active speaker for all.

## Moderating and reading from any node

- A command (remove, mute, allow, stop publishing, lower hands, close, notice, move, and the rest) can be given at any node: in the call, by REST, over the control
  socket, in the dashboard. The node that the peer is on carries it out and has it in its audit log, with the name of the node where it was asked
  (\`askedOn\`). What is for a whole room (mute all, notice, close) is carried out on every node that has it.
- A removal is done when the socket, the transports and the pipes of that peer are closed: no media can flow. Nodes that have not said within half
  a second that their copies are gone are named as pending.
- A node that does not answer makes a command **unconfirmed**: the error \`unconfirmed\` (504) names it. The tokens of a peer that was to be removed are
  void all the same, and its identity is banned where a ban was asked. Where other nodes did it, the answer warns instead
  (\`Tureen-Warning\` in REST, \`warning\` in signaling, the message of the dashboard).
- A command has an id and is for one session of a peer; one that comes again is not done again. What waited while a node stood still is dropped.
- Locks, limits and options of a room, mutes and what somebody may publish hold on every node that has the room, and on one that opens it later, as
  long as any node has it. Each such decision has a version, one more than the greatest that its node knew; the greater one holds, and of equal
  ones that of the greater life. Nodes that decided while they were apart agree when they meet.
- A room has one beginning on all nodes: when it was opened first, and the codecs that it had then, whatever the settings of the others are. It is
  not created a second time while any node has it (\`wrong_state\`). Nodes that opened it while they knew nothing of each other agree on the earlier
  beginning; where somebody was in it by then it keeps its codecs, and what it lacks there is \`unsupported\`.
- The ETag of a room is the same on every node (it leaves out \`workers\`), and \`If-Match\` refuses one that is stale, whichever node was asked for
  the change. Of two changes that are made at the same moment on two nodes the later one holds.
- A moderator gives nobody more than their token grants: what that is the node of the peer knows. Moderators are told what peers on any node may not do.
- Joins do not wait for other nodes: \`maxPeers\` can be passed by as many as join at the same moment on different nodes.
- REST's rooms, peers and producers and the dashboard's pages have those of every node. They are read in half a second at most; \`state.nodes\` of a
  room says how old each part is, and null for a node that did not answer. The audit log is gathered in the same way, and so are consumers, transports, data channels and statistics.
- \`GET /api/v1/nodes\` and the dashboard's page *Nodes* list the nodes. Any node can be drained from any.

## What every node knows

Bans, removals (until when the tokens of a subject for a room are void), users of the dashboard, API keys and "all logins of this
user before this moment are void" are **facts**. Each is written on the node where it is decided, and every node decides
about entries by its own database: no entry waits for the bus.

- What is decided is written together with an entry of the outbox, said to all nodes at once, and then put into the bucket. A ban
  holds everywhere within one round trip of the bus, also without JetStream. While the bus is away it holds on the node that
  decided it, and waits (\`tureen_facts_waiting\`); it is sent when the bus is back, also after a restart.
- A fact that arrives ends sessions there: those of peers that a ban matches or whose tokens are void, those of the dashboard
  whose user was removed or whose logins are void, and control sockets whose key was revoked.
- Of two changes of the same user, key or ban the later one counts, by hybrid clocks: the time, and what a node has seen. Times until
  which tokens or logins are void only grow. A stamp more than 10 seconds ahead of the time is refused, counted
  (\`tureen_facts_refused_total\`) and told in the log. The time is the middle of the clocks of all nodes, as heartbeats tell it: a
  node whose clock is wrong stamps by that of the others once it has heard them.
- A node that starts reads the bucket before it is ready. When the bus is away, or has no JetStream, it is ready with what it has, and
  the log says until when it knows everything.
- Deletions are remembered for 90 days. A node that was away for longer deletes what the bucket does not have.
- Logins to the dashboard stay on their node, as does the audit log. The user of \`TUREEN_ADMIN_USER\` belongs to its node; one
  that the proxy in front brings does until somebody changes it.

A node that was alone joins a mesh with everything that it has, unless it has users or API keys of the same names as the mesh:
then it stays out and unready, and names them. Remove them on one side, or

    tureen mesh import

on the stopped node (\`npm run mesh -- import\` in a checkout): those of the mesh take their place, the rest is brought into it. The
bucket has the random id of its mesh, which each database remembers and heartbeats carry. A node of another mesh, a bus that has
lost its bucket, and a leaf node that keeps a bucket of its own are named in \`/readyz\`, and nothing is exchanged with them. Of nodes
that keep different buckets those are unready that are fewer, or as many; the others name them in the log.

## What happens when something fails

- **A node crashes.** Its heartbeats stop; after 4 seconds, in which other heartbeats still came (or JetStream, which stands beside the
  bus, answered), its peers leave with the reason \`node_lost\`. Not while media still comes from it over a pipe, or reports on media that it
  receives (RTCP): a node that is cut off from the bus only goes on with its calls. Reports on sound alone are seldom: a node that only listens to others
  is given up after 9 seconds. With
  \`TUREEN_BUS_DOMAIN\` only the JetStream of the hub counts: what comes over a leaf node says nothing about its hub.
  One of the other nodes tells programs ([webhooks.md](webhooks.md#delivery-guarantees)); that it is one and no more, a second bucket of JetStream
  sees to (\`tureen-told\`).
- **The bus is away.** No call notices: rosters and media between nodes stay, joins go on, each node says that the others are
  stale. That goes for the hub of leaf nodes, too. When the bus is back, every share is compared and fetched where it differs. A node that was silent for
  \`TUREEN_STALE_SECONDS\`, with nothing to prove whether it lives, has ended for the others then.
- **JetStream has no room.** What was decided holds, waits (\`tureen_facts_waiting\`), and is said again every five seconds to nodes that come later; the
  log says so once. It is kept when there is room again.
- **A node stands still** (its process is stopped, its machine is suspended) and goes on: it drops what waited for it, takes
  a new connection and compares all shares. Its peers are in their rooms again as soon as it is heard.
- **A message is lost, or comes twice, or late.** Changes are numbered. After the last change, and every ten seconds, a node says
  number and hash of its share; a node that has another one fetches it.
- **Two installations have one name.** The second one stays outside and says so in \`/readyz\` until the first has ended.
- **A node of another version of this protocol** is named in the log and ignored.

What does not fit its schema, or comes from a node that is not known, is dropped, counted, and told in the log once a
minute. Messages are JSON in UTF-8, at most 1 MiB. This is version ${messages.protocolVersion}.

Names of nodes and ids of rooms are in base64url in subjects.`;
