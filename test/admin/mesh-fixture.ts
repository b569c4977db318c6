import type { Server } from '../../src/app/server.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { freeUdpPorts } from '../support/port.ts';
import { RtpSender } from '../support/rtp-peers.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { addUsers } from './support.ts';

const regions = { ams: 'eu-west', iad: 'us-east', syd: 'ap-south' } as const;
type NodeName = keyof typeof regions;
const names = Object.keys(regions) as NodeName[];

/** Three nodes, and what people meet on the dashboard of the first of them. */
export interface MeshFixture extends AsyncDisposable {
  readonly mesh: BusMesh;
  /** The node whose dashboard is looked at. */
  readonly server: Server;
  /** Each page by its name, with its address. */
  readonly pages: Readonly<Record<string, string>>;
}

/**
 * Real nodes over a bus in memory, with one call over all of them: somebody on each sends and receives. All ports of pipes
 * of the third node are taken, so that nothing can be brought to it or from it.
 */
export async function startMesh(): Promise<MeshFixture> {
  await using ends = new AsyncDisposableStack();
  const mesh = ends.use(new BusMesh());
  const port = await freeUdpPorts(2);
  for (const taken of [port, port + 1]) {
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1', port: taken });
    ends.defer(() => socket.close());
  }
  const servers = await Promise.all(
    names.map((name) =>
      mesh.add(name, {
        TUREEN_REGION: regions[name],
        TUREEN_PUBLIC_URL: `https://${name}.example.com`,
        ...(name === 'syd' && { TUREEN_PIPE_PORTS: `${port}-${port + 1}` }),
      }),
    ),
  );
  await until(() => names.every((name) => mesh.knows(name).length === names.length - 1), 'the mesh');
  const [server] = servers;
  if (!server) throw new Error('the mesh has no nodes');
  await addUsers(server.store);
  await fill(servers, ends);
  await until(() => unreachable(server) > 0, 'what cannot be brought here');
  const all = () => server.reads?.nodes() ?? [];
  await until(() => all().every(({ peers }) => peers === peersOfNode), 'heartbeats that tell of them');
  const of = 'room=room&peer=iad-camera';
  const sessionId = await pastStay(servers[1]);
  const capture = { roomId: 'room', peerId: 'iad-camera', content: 'headers', seconds: 60 } as const;
  await servers[1]?.sfu.captures.start(capture);
  const pages = {
    nodes: '/nodes',
    'drain-node': '/do/nodes/drain?node=iad',
    overview: '',
    rooms: '/rooms',
    room: '/room?room=room',
    peer: `/peer?${of}`,
    'peer-unreachable': '/peer?room=room&peer=syd-camera',
    'peer-here': '/peer?room=room&peer=ams-guest',
    audit: '/audit',
    capture: `/do/room/capture?${of}`,
    history: '/history',
    stay: `/history?session=${sessionId}`,
  };
  const held = ends.move();
  return { mesh, server, pages, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const peersOfNode = 3;

/** On each node a voice, a camera, and a guest who takes all that comes. */
async function fill(servers: readonly Server[], ends: AsyncDisposableStack): Promise<void> {
  for (const [index, server] of servers.entries()) {
    const name = names[index];
    const ssrc = 1000 * (index + 1);
    ends.use(await RtpSender.open(server, { peerId: `${name}-voice`, ssrc }));
    ends.use(await RtpSender.open(server, { peerId: `${name}-camera`, kind: 'video', ssrc: ssrc + 1 }));
    const guest = await enter({ server, peerId: `${name}-guest` });
    ends.defer(() => guest.client.socket.close());
  }
}

/** Somebody who has been there. @returns that stay */
async function pastStay(server: Server | undefined): Promise<string> {
  if (!server) throw new Error('the mesh has one node only');
  const { client } = await enter({ server, peerId: 'visitor', roomId: 'lobby' });
  const { sessionId } = server.sfu.read.peer('lobby', 'visitor');
  client.socket.close();
  await until(() => !server.sfu.read.hasPeer('lobby', 'visitor'), 'the end of a stay');
  return sessionId;
}

const unreachable = ({ sfu }: Server) => sfu.read.room('room').unreachable?.length ?? 0;
