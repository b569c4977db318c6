import { connect, type NatsConnection } from '@nats-io/transport-node';
import { everywhereInRoom } from '../../src/cluster/subjects.ts';
import type { Scale } from '../harness/benchmark.ts';
import { type RunningBus, startNodes, untilTrue } from '../harness/mesh.ts';
import type { RunningServer } from '../harness/server.ts';
import { SocketLink } from '../load/link.ts';
import { RawPeer } from '../loads/raw-peer.ts';
import { dtlsParameters, microphone } from '../loads/rtp.ts';
import type { OfBoth } from './place.ts';

const roomId = 'counted';
/** What a node says by the clock, about what it said before, or to one that was silent on a busy machine. */
const periodic: ReadonlySet<string> = new Set(['state', 'volumes', 'speaker', 'hello']);

/** How many people are in the room on each node that has it. */
interface Gathering {
  readonly nodesWithRoom: number;
  readonly peersOnEach: number;
}

type BusCounts = Record<'join_messages' | 'leave_messages' | 'mute_messages', number>;

/**
 * What each other node gets that has the room: of a large one on all three nodes of a mesh, and of a small one on two of
 * them. It must be the same.
 */
export async function busMessages({ small }: Scale): Promise<OfBoth<BusCounts>> {
  return {
    ours: await countMessages({ nodesWithRoom: 3, peersOnEach: small ? 5 : 50 }),
    reference: await countMessages({ nodesWithRoom: 2, peersOnEach: 1 }),
  };
}

/**
 * Counts what the bus delivers of a room while somebody joins, mutes a microphone and leaves, for each other node that
 * has the room. Those that have it not listen to nothing of it.
 */
async function countMessages({ nodesWithRoom, peersOnEach }: Gathering): Promise<BusCounts> {
  await using mesh = await startNodes(3);
  const { nodes, bus } = mesh;
  const having = nodes.slice(0, nodesWithRoom);
  const others = nodesWithRoom - 1;
  const [origin] = having as [RunningServer];
  for (const [index, node] of having.entries()) await fill(node, index, peersOnEach);
  await using counter = await Counter.open(bus);
  await untilTrue(
    'every node with the room listening to it',
    async () => (await counter.listeners()) === nodesWithRoom,
  );

  const { count: joined, result: link } = await counter.during(() => enter(origin));
  const { id: transportId } = await link.request<{ id: string }>('createWebRtcTransport', {
    producing: true,
    consuming: false,
  });
  await link.request('connectWebRtcTransport', { transportId, dtlsParameters });
  const producing = { transportId, kind: 'audio', rtpParameters: microphone, appData: {} };
  const { id: producerId } = await link.request<{ id: string }>('produce', producing);
  const { count: muted } = await counter.during(() => link.request('pauseProducer', { producerId }));
  const { count: left } = await counter.during(async () => link.close());
  return { join_messages: joined / others, mute_messages: muted / others, leave_messages: left / others };
}

async function enter({ port }: RunningServer): Promise<SocketLink> {
  const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId: 'counted' });
  await link.request('join', { displayName: 'Counted' });
  return link;
}

async function fill({ port }: RunningServer, node: number, peers: number): Promise<void> {
  for (let index = 0; index < peers; index += 1) {
    const peer = await RawPeer.connect(port, roomId, `peer-${node}-${index}`);
    await peer.request('join', { displayName: `Peer ${index} of node ${node}` });
  }
}

interface Subscriptions {
  readonly connections: readonly {
    readonly cid: number;
    readonly subscriptions_list_detail?: readonly { readonly subject: string; readonly msgs: number }[];
  }[];
}

/** What was delivered until a moment. */
interface Delivered {
  /** To the nodes that have the room. */
  readonly room: number;
  /** Of that, what is said by the clock. */
  readonly periodic: number;
}

/** Counts what the bus delivers of the room, by its own account, and reads along to know what each of it was. */
class Counter implements AsyncDisposable {
  readonly #names: string[] = [];

  private constructor(
    private readonly bus: RunningBus,
    private readonly connection: NatsConnection,
  ) {
    connection.subscribe(everywhereInRoom(roomId), {
      callback: (_error, { subject }) => void this.#names.push(subject.slice(subject.lastIndexOf('.') + 1)),
    });
  }

  static async open(bus: RunningBus): Promise<Counter> {
    const counter = new Counter(
      bus,
      await connect({ servers: bus.url.replace(/^\w+:\/\//, ''), name: 'counter' }),
    );
    await counter.connection.flush();
    return counter;
  }

  /** How many nodes listen to the room. */
  async listeners(): Promise<number> {
    return (await this.#subscriptions()).length;
  }

  /** @returns how many messages were delivered to nodes, but for those that are said by the clock */
  async during<R>(act: () => Promise<R>): Promise<{ count: number; result: R }> {
    const listeners = await this.listeners();
    const before = await this.#delivered();
    const known = this.#names.length;
    const result = await act();
    // A second after the last change its node says what it has then: all of it has been said before.
    await untilTrue('what a node says after a change', async () => {
      const names = this.#names.slice(known);
      return names.includes('change') && names.lastIndexOf('state') > names.lastIndexOf('change');
    });
    const after = await this.#delivered();
    // What is said by the clock reaches every listener but the one that says it.
    const byClock = (after.periodic - before.periodic) * (listeners - 1);
    return { count: after.room - before.room - byClock, result };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }

  /** Looks until nothing was said between two looks, so that both accounts are of one moment. */
  async #delivered(): Promise<Delivered> {
    for (;;) {
      await this.connection.flush();
      const known = this.#names.length;
      const room = (await this.#subscriptions()).reduce((sum, { msgs }) => sum + msgs, 0);
      await this.connection.flush();
      if (this.#names.length !== known) continue;
      return { room, periodic: this.#names.filter((name) => periodic.has(name)).length };
    }
  }

  async #subscriptions(): Promise<readonly { readonly subject: string; readonly msgs: number }[]> {
    const own = this.connection.info?.client_id;
    const { connections } = await this.bus.monitor<Subscriptions>('connz?subs=detail&limit=1024');
    const ofNodes = connections.filter(({ cid }) => cid !== own);
    const all = ofNodes.flatMap(({ subscriptions_list_detail: list }) => list ?? []);
    return all.filter(({ subject }) => subject === everywhereInRoom(roomId));
  }
}
