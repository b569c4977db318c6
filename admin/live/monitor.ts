import { carriedBy, type MeshView, type NodeInfo, type NodePaths } from '../../src/cluster/reads/view.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { EventOf } from '../../src/core/event-bus.ts';
import type { CheckFinding, HostState } from '../../src/core/findings.ts';
import type { SfuEvent } from '../../src/sfu/events.ts';
import type { RemoteBus, RemoteEvents } from '../../src/sfu/remote-events.ts';
import type { NodeSnapshot, PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Sfu } from '../../src/sfu/sfu.ts';
import type { SignalingBus, SignalingEvent } from '../../src/signaling/events.ts';
import { roomOf } from '../../src/timelines/lines.ts';
import { History } from './history.ts';
import { Logs } from './logs.ts';
import { Measures } from './measures.ts';
import { OtherNodes } from './other-nodes.ts';
import { Refusals } from './refusals.ts';
import { Timelines } from './timeline.ts';

/** All viewers share a snapshot of the node for this long. Times are milliseconds. */
const snapshotAge = 200;
const firstSample = 500;
const sampleEvery = 5000;
/** While no page is open, the graphs use statistics that the metrics have read, up to this age. */
const maxAgeUnwatched = 20_000;
const watchEvery = 1000;
/** Sampling takes at most this share of the time: with very many peers it is done less often. */
const sampleShare = 0.05;

/** Events that come all the time and whose effect the next sample shows anyway. */
const sfuChatter = new Set(['consumerScore', 'consumerLayers', 'producerScore'] as const);
const signalingChatter = new Set(['requestHandled'] as const);
const remoteChatter = new Set(['roomVolumes', 'remoteActiveSpeaker', 'remotePeerReacted'] as const);

/** The last five minutes. */
export interface NodeHistory {
  readonly rooms: History;
  readonly peers: History;
  readonly joins: History;
  readonly failures: History;
  readonly incoming: History;
  readonly outgoing: History;
}

export interface MonitorOptions {
  readonly sfu: Pick<Sfu, 'events' | 'read'>;
  readonly clock: Clock;
  readonly signaling?: SignalingBus;
  /** What the other nodes have; undefined for a server that is alone. */
  readonly mesh?: MeshView;
  /** What happens on other nodes in rooms that are open here. */
  readonly remote?: RemoteBus;
  /** What the self-check finds; nothing unless given. */
  readonly host?: () => HostState;
}

/** What the pages read: the node as it is, what flows, and what happened. It changes nothing. */
export class Monitor {
  readonly measures: Measures;
  readonly timelines = new Timelines();
  readonly refusals = new Refusals();
  /** What all nodes of the mesh kept. */
  readonly logs: Logs;
  readonly history: NodeHistory = {
    rooms: new History(),
    peers: new History(),
    joins: new History(),
    failures: new History(),
    incoming: new History(),
    outgoing: new History(),
  };
  /** CPU of each worker, 1 is one core. */
  readonly workerCpu = new Map<number, History>();
  readonly #cpuTimes = new Map<number, { pid: number; cpu: number; at: number }>();
  readonly #changed = new Set<(roomId: string | undefined) => void>();
  readonly #watched = new Map<string, { roomId: string; peerId?: string; viewers: number }>();
  readonly #stops: (() => void)[];
  readonly #others: OtherNodes | undefined;
  private readonly sfu: MonitorOptions['sfu'];
  private readonly clock: Clock;
  #cancelSample: () => void = () => {};
  #cancelWatch: (() => void) | undefined;
  #closed = false;
  #snapshot: NodeSnapshot | undefined;
  #takenAt = 0;
  #joins = 0;
  #failures = 0;

  constructor(private readonly options: MonitorOptions) {
    const { sfu, clock, signaling, mesh, remote } = options;
    this.sfu = sfu;
    this.clock = clock;
    this.logs = new Logs(mesh);
    this.#others = mesh && new OtherNodes({ mesh, clock, changed: () => this.#notify(undefined) });
    this.measures = new Measures(sfu.read);
    this.#stops = [sfu.events.onAny((event) => this.#happened(event), sfuChatter)];
    if (signaling) this.#stops.push(signaling.onAny((event) => this.#happened(event), signalingChatter));
    if (remote) this.#stops.push(remote.onAny((event) => this.#happened(event), remoteChatter));
    this.#sampleLater(firstSample);
  }

  /** What the self-check finds wrong with the host or the configuration now. */
  get findings(): readonly CheckFinding[] {
    return this.options.host?.().findings ?? [];
  }

  /** The node at this moment; all viewers within a fifth of a second share it. */
  snapshot(): NodeSnapshot {
    const now = performance.now();
    if (!this.#snapshot || now - this.#takenAt > snapshotAge) {
      this.#snapshot = this.sfu.read.glance(this.self);
      this.#takenAt = performance.now();
    }
    return this.#snapshot;
  }

  /** The rooms of every node of a mesh, as far as they are known. */
  rooms(): readonly RoomSnapshot[] {
    const { rooms } = this.snapshot();
    return this.#others?.joined(rooms) ?? rooms;
  }

  room(roomId: string): RoomSnapshot | undefined {
    return this.rooms().find(({ id }) => id === roomId);
  }

  /** The name of this node in a mesh; undefined for a server that is alone. */
  get self(): string | undefined {
    return this.options.mesh?.self;
  }

  /** Whether a peer is on this node: only here its media is measured. */
  isHere({ node }: PeerSnapshot): boolean {
    return node === undefined || node === this.self;
  }

  /** The nodes of the mesh; none for a server that is alone. */
  nodes(): readonly NodeInfo[] {
    const nodes = this.options.mesh?.nodes() ?? [];
    return nodes.map((node) => (node.url === null || isWeb(node.url) ? node : { ...node, url: null }));
  }

  /** How every node of the mesh reaches every other one; empty for a server that is alone. */
  async paths(): Promise<readonly NodePaths[]> {
    return (await this.options.mesh?.paths()) ?? [];
  }

  /** Asks the other nodes what they have. Undefined when there are none, or when that was done just now. */
  freshen(): Promise<void> | undefined {
    return this.#others?.freshen();
  }

  /** What a peer sends and receives, in bits a second. */
  flow(peer: PeerSnapshot): { incoming: number; outgoing: number } {
    return this.measures.flow(carriedBy(peer).transportIds);
  }

  /** Calls `listener` when something changed, with the id of its room. @returns a function that stops it */
  onChange(listener: (roomId: string | undefined) => void): () => void {
    this.#changed.add(listener);
    this.#others?.follow();
    return () => {
      this.#changed.delete(listener);
      if (this.#changed.size === 0) this.#others?.rest();
    };
  }

  /**
   * Drops the shared snapshot, so that the next one shows what was just done, and has every open page rendered again:
   * what changes in the store alone, such as a ban of somebody who is not here, has no event.
   */
  refresh(): void {
    this.#snapshot = undefined;
    this.#others?.refresh();
    this.#notify(undefined);
  }

  /** Reads statistics of a room every second until it is stopped. @returns a function that stops it */
  watch(target: { roomId: string; peerId?: string }): () => void {
    const key = JSON.stringify([target.roomId, target.peerId]);
    const watched = this.#watched.get(key) ?? { ...target, viewers: 0 };
    watched.viewers += 1;
    this.#watched.set(key, watched);
    if (!this.#cancelWatch) this.#watchOnce();
    return () => {
      watched.viewers -= 1;
      if (watched.viewers === 0) this.#watched.delete(key);
    };
  }

  /** Reads the statistics of every transport and worker, and adds a point to each graph. */
  async sample(): Promise<void> {
    const { history, measures } = this;
    const { read } = this.sfu;
    await Promise.all([
      measures.readTransports(this.#changed.size > 0 ? 0 : maxAgeUnwatched),
      ...[...read.counts().routersByWorker.keys()].map((index) => this.#readCpu(index)),
    ]);
    measures.keepHistory();
    const flow = measures.flow(measures.transports.keys());
    const { rooms, connected, joined } = read.counts();
    history.rooms.push(rooms);
    history.peers.push(connected + joined);
    history.joins.push(this.#joins);
    history.failures.push(this.#failures);
    history.incoming.push(flow.incoming);
    history.outgoing.push(flow.outgoing);
    this.#joins = 0;
    this.#failures = 0;
    this.#notify(undefined);
  }

  /** Joins, and connections refused or dropped, of the last five minutes until now. */
  recent(): { joins: number; failures: number } {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const { joins, failures } = this.history;
    return { joins: sum(joins.values) + this.#joins, failures: sum(failures.values) + this.#failures };
  }

  close(): void {
    this.#closed = true;
    this.#cancelSample();
    this.#cancelWatch?.();
    this.#others?.rest();
    for (const stop of this.#stops) stop();
    this.#watched.clear();
  }

  #happened(event: SfuEvent | SignalingEvent | EventOf<RemoteEvents>): void {
    if (event.name === 'peerJoined') this.#joins += 1;
    if (event.name === 'connectionRefused' || event.name === 'socketDropped') this.#failures += 1;
    if (event.name === 'connectionRefused') this.refusals.add(event.data, this.clock.now());
    this.timelines.add(event, this.clock.now());
    this.#notify(roomOf(event.data));
  }

  #notify(roomId: string | undefined): void {
    for (const listener of this.#changed) listener(roomId);
  }

  #sampleLater(wait: number): void {
    if (this.#closed) return;
    this.#cancelSample = this.clock.after(wait, () => {
      const startedAt = performance.now();
      const next = () =>
        this.#sampleLater(Math.max(sampleEvery, (performance.now() - startedAt) / sampleShare));
      this.sample().then(next, next);
    });
  }

  #watchOnce(): void {
    if (this.#closed) return;
    this.#cancelWatch = this.clock.after(watchEvery, () => {
      this.#cancelWatch = undefined;
      if (this.#watched.size === 0) return;
      const byRoom = Map.groupBy(this.#watched.values(), ({ roomId }) => roomId);
      const reads = [...byRoom].map(async ([roomId, watched]) => {
        const room = this.snapshot().rooms.find(({ id }) => id === roomId);
        if (!room) return;
        await this.measures.readRoom(room, new Set(watched.flatMap(({ peerId }) => peerId ?? [])));
        this.#notify(roomId);
      });
      const again = () => void (this.#cancelWatch ?? this.#watchOnce());
      Promise.all(reads).then(again, again);
    });
  }

  async #readCpu(index: number): Promise<void> {
    const history = this.workerCpu.get(index) ?? new History();
    this.workerCpu.set(index, history);
    const usage = await this.sfu.read.workerUsage(index);
    if (!usage) return history.push(0);
    const { pid, cpu } = usage;
    const at = performance.now();
    const before = this.#cpuTimes.get(index);
    this.#cpuTimes.set(index, { pid, cpu, at });
    if (before?.pid === pid) history.push((cpu - before.cpu) / (at - before.at));
  }
}

/** Other nodes say where they are: what leads elsewhere than to a page is no link. */
function isWeb(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
