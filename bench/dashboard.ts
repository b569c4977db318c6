import { Dashboard } from '../admin/index.ts';
import { Commands } from '../src/commands/commands.ts';
import { readConfig } from '../src/config/config.ts';
import { silentLogger } from '../src/core/log.ts';
import { Sfu } from '../src/sfu/sfu.ts';
import { Store } from '../src/store/store.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { median } from './harness/statistics.ts';

/** Peers of the room: on our side as many as the dashboard has to bear, and one page of them for comparison. */
const sizes: Readonly<Record<string, number>> = { ours: 5000, reference: 50 };
const rounds = 20;
/** Pages within a fifth of a second share what was read of the node; each of these reads it again. */
const pauseMs = 250;

/** What a page of the dashboard costs the server in a large room, beside the same page of a small one. */
export const dashboard: Benchmark = {
  name: 'dashboard',
  doc: 'processor time of a page of the dashboard with 5,000 peers in one room (wanted: 50 ms at most), beside 50 peers',
  figures: [
    { name: 'room', unit: 'milliseconds', goal: { oursAtMost: 50 } },
    { name: 'found', unit: 'milliseconds for the room with a search', goal: { oursAtMost: 50 } },
    { name: 'overview', unit: 'milliseconds', goal: { oursAtMost: 50 } },
    { name: 'rooms', unit: 'milliseconds', goal: { oursAtMost: 50 } },
    { name: 'size', unit: 'kilobytes of the page of the room' },
  ],
  runs: 3,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    await using node = await LargeRoom.start((sizes[side] ?? 0) / (small ? 10 : 1));
    const room = await node.cost('room', '?room=large');
    const found = await node.cost('room', '?room=large&q=person');
    const overview = await node.cost('overview', '');
    const rooms = await node.cost('rooms', '');
    const figures = { room: room.ms, found: found.ms, overview: overview.ms, rooms: rooms.ms };
    return { ...figures, size: room.kilobytes };
  },
};

interface Cost {
  readonly ms: number;
  readonly kilobytes: number;
}

/** A node with one room whose peers have no media, and its dashboard. */
class LargeRoom implements AsyncDisposable {
  private constructor(
    private readonly sfu: Sfu,
    private readonly store: Store,
    private readonly dashboard: Dashboard,
  ) {}

  static async start(peers: number): Promise<LargeRoom> {
    const config = readConfig({ TUREEN_WORKERS: '1', TUREEN_MAX_PEERS_PER_ROOM: '10000' });
    const listenInfos = () => [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
    const sfu = new Sfu({
      settings: config,
      workers: { count: 1, listenInfos },
      rtp: { listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, mayReach: () => true },
      log: silentLogger,
    });
    await sfu.start();
    const grants = { publish: false, subscribe: true, moderate: false, hidden: false };
    for (let number = 1; number <= peers; number += 1) {
      const peerId = `peer-${number}`;
      const identity = {
        roomId: 'large',
        peerId,
        subject: peerId,
        metadata: {},
        grants,
        address: '127.0.0.1',
      };
      const peer = await sfu.enter(identity, { gone: Promise.resolve(), close: () => {} });
      const device = { flag: 'chrome', name: 'Chrome', version: '156' };
      sfu.room('large').join(peer, { displayName: `Person ${number}`, device, autoSubscribe: false });
    }
    const store = new Store({ log: silentLogger });
    store.users.put({ name: 'ada', passwordHash: '', role: 'admin', origin: 'page' });
    const commands = new Commands(sfu, store);
    return new LargeRoom(sfu, store, new Dashboard({ sfu, store, commands, config, log: console }));
  }

  /** Renders a page again and again. */
  async cost(panelId: string, query: string): Promise<Cost> {
    const { dashboard } = this;
    const user = this.store.users.byName('ada');
    if (!user) throw new Error('the user of the benchmark is missing');
    const secret = this.store.sessions.open({ userId: user.id, address: '127.0.0.1', agent: 'bench' });
    const session = this.store.sessions.find(secret);
    if (!session) throw new Error('the session of the benchmark is missing');
    const visitor = { user, session };
    const times: number[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round += 1) {
      await Bun.sleep(pauseMs);
      const before = process.cpuUsage();
      const context = dashboard.context(visitor, new URLSearchParams(query), '127.0.0.1');
      bytes = (await dashboard.page(dashboard.panel(panelId), visitor, context)).length;
      const { user: own, system } = process.cpuUsage(before);
      times.push((own + system) / 1000);
    }
    return { ms: median(times), kilobytes: bytes / 1024 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dashboard.close();
    this.store.close();
    this.sfu.close();
  }
}
