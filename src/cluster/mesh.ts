import { type Clock, systemClock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type {
  NodeLink,
  NodeRequestName,
  NodeRequests,
  RoomTelling,
  RoomTellingName,
  RoomTellings,
} from '../sfu/media/node-link.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { Facts } from '../store/facts.ts';
import type { Bus } from './bus.ts';
import { BusConnection } from './bus-connection.ts';
import { type CommandCounts, noCommandCounts } from './command-counts.ts';
import { compileChecks } from './compiling.ts';
import { DataMessages } from './data-messages.ts';
import type { MeshDomain } from './domain.ts';
import type { Drops } from './drops.ts';
import { EventExchange } from './event-exchange.ts';
import { FactExchange } from './facts.ts';
import { JumpWatch } from './jump-watch.ts';
import { PipeTraffic, type ReceivedByLife } from './pipe-traffic.ts';
import { type About, Presence } from './presence.ts';
import { RulesSync } from './rules-sync.ts';
import { Shares } from './shares.ts';
import { type Answers, type Asked, type RoomMessage, Wire } from './wire.ts';

export interface MeshOptions {
  readonly self: NodeRef;
  /** Of the database of this node. */
  readonly installation: string;
  readonly formerLife: string | null;
  readonly bus: Bus;
  /** Carries messages of data channels, so that a slow reader there never holds up the rest. */
  readonly dataBus: Bus;
  readonly domain: MeshDomain;
  readonly about: () => Omit<About, 'mesh' | 'follows'>;
  /** What this node keeps for good, and the others too. */
  readonly facts: Facts;
  /** What came over all pipes that are open now. */
  readonly received: () => Promise<ReceivedByLife>;
  readonly staleSeconds: number;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** What there is to measure of this node among the others. */
export interface MeshMeasures {
  readonly connections: readonly Pick<BusConnection, 'name' | 'connected' | 'reconnects'>[];
  /** Other nodes that are heard. */
  readonly living: number;
  /** Those of which nothing is heard now. */
  readonly stale: number;
  /** By how many milliseconds the clock of this node and that of another one differ at most. */
  readonly clockOffset: number;
  readonly localShares: number;
  readonly remoteShares: number;
  readonly drops: Drops['counts'];
  readonly commands: Readonly<CommandCounts>;
}

const askTimeoutMs = 2000;

/** This node among the others: who they are, what they say of rooms, and the way to them. */
export class Mesh implements NodeLink {
  readonly presence: Presence;
  readonly shares: Shares;
  readonly facts: FactExchange;
  /** What happens on each node, for programs on any. */
  readonly events: EventExchange;
  /** What moderators decided in the rooms. */
  readonly rules: RulesSync;
  readonly wire: Wire;
  /** What became of commands for other nodes. */
  readonly commands = noCommandCounts();
  readonly #data: DataMessages;
  readonly #jumps: JumpWatch;
  readonly #answers: Partial<Answers> = {};
  readonly #connections: readonly BusConnection[];
  readonly #stopAnswering: () => void;
  readonly #stopCompiling: () => void;
  #closed: Promise<void> | undefined;

  constructor(private readonly options: MeshOptions) {
    const { self, bus, dataBus, domain, received, log, clock = systemClock } = options;
    this.#connections = [new BusConnection('control', bus), new BusConnection('data', dataBus)];
    this.#jumps = new JumpWatch(clock, (milliseconds) => this.#jumped(milliseconds));
    const jumps = this.#jumps;
    const wire = new Wire({ bus, self, jumps, log, clock });
    const pipes = new PipeTraffic(clock, received);
    const about = () => ({
      ...options.about(),
      mesh: options.facts.membership.meshId,
      follows: this.events.follows,
    });
    const presence = new Presence({ ...options, about, wire, jumps, pipes, clock });
    this.events = new EventExchange({ wire, presence, clock });
    this.facts = new FactExchange({ facts: options.facts, wire, presence, log, clock });
    this.wire = wire;
    this.presence = presence;
    const told = (from: NodeRef, roomId: string, { name, data }: RoomMessage) =>
      domain.told(from, roomId, { name, data } as RoomTelling);
    this.rules = new RulesSync({ domain, wire, presence, clock });
    this.shares = new Shares({
      ...{ domain, self, wire, presence, log, clock, told, rules: this.rules },
      advanced: () => this.#data.release(),
    });
    this.#data = new DataMessages({
      ...{ bus: dataBus, wire, jumps, domain, clock },
      numberOf: (roomId) => this.shares.numberOf(roomId),
      numberTaken: (life, roomId) => this.shares.numberTaken(life, roomId),
    });
    this.#stopAnswering = wire.answer(this.#answers);
    this.answer({
      ping: () => ({ now: clock.now() }),
      'share.fetch': (_from, data) => this.shares.fetch(data),
      'pipe.open': (from, data) => domain.answer(from, 'pipe.open', data),
      'pipe.want': (from, data) => domain.answer(from, 'pipe.want', data),
      'pipe.sent': (from, data) => domain.answer(from, 'pipe.sent', data),
      'pipe.close': (from, data) => domain.answer(from, 'pipe.close', data),
      message: (from, data) => domain.answer(from, 'message', data),
    });
    this.answer({
      'rules.put': (_from, data) => this.rules.put(data),
      'rules.fetch': (_from, data) => this.rules.page(data),
    });
    presence.start();
    this.shares.start();
    this.#data.start();
    this.facts.start();
    // While it listens for others, before it takes part.
    this.#stopCompiling = compileChecks(clock);
  }

  get self(): NodeRef {
    return this.options.self;
  }

  /** Answers these requests of other nodes, too. */
  answer(answers: Partial<Answers>): void {
    Object.assign(this.#answers, answers);
  }

  /** Why new calls should go elsewhere. */
  unreadyReasons(): string[] {
    return [...this.presence.unreadyReasons(), ...this.facts.unreadyReasons()];
  }

  /** How it is now, for those who measure. */
  get measures(): MeshMeasures {
    const { presence, shares } = this;
    const nodes = [...presence.nodes.values()];
    const offsets = presence.living.map(({ clockOffset }) => Math.abs(clockOffset));
    return {
      connections: this.#connections,
      living: presence.living.length,
      stale: nodes.length - presence.living.length,
      clockOffset: Math.max(0, ...offsets),
      localShares: shares.localCount,
      remoteShares: shares.remoteCount,
      drops: this.wire.drops.counts,
      commands: this.commands,
    };
  }

  /** Calls with what became of each request to another node. There is one listener. */
  onAsked(listener: (asked: Asked) => void): void {
    this.wire.onAsked(listener);
  }

  /** When what others say of a room that was just opened is known. At once while the bus is away. */
  known(roomId: string): Promise<void> {
    return this.shares.known(roomId);
  }

  async ask<N extends NodeRequestName>(
    life: string,
    name: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']> {
    const node = this.presence.nodes.get(life);
    // Nothing is heard of it: whoever waits for it should not wait for the limit as well.
    if (!node || node.stale)
      throw new SfuError('gone', `node "${node?.name ?? life}" does not answer now; it may have ended`);
    return (await this.wire.ask(life, name, data as never, askTimeoutMs)) as NodeRequests[N]['result'];
  }

  async tell<N extends RoomTellingName>(
    roomId: string,
    name: N,
    data: RoomTellings[N],
    payload?: Uint8Array,
  ): Promise<void> {
    if (!this.presence.entered) return;
    if (name === 'data') return await this.#data.send(roomId, data as RoomTellings['data'], payload);
    this.wire.sayInRoom(roomId, name as Exclude<RoomTellingName, 'data'>, data as never);
    await this.wire.bus.flush();
  }

  /** Says goodbye and leaves the bus. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#jumps.close();
    this.#stopAnswering();
    this.#stopCompiling();
    this.events.close();
    this.facts.close();
    this.#data.close();
    this.shares.close();
    this.rules.close();
    this.presence.close();
    this.wire.close();
    await Promise.all([this.options.bus.close(), this.options.dataBus.close()]);
  }

  /** What waited meanwhile is old, and what was missed says nothing about the others. */
  #jumped(milliseconds: number): void {
    const { bus, dataBus, log } = this.options;
    log.warn('this process stood still; it meets the other nodes again', { milliseconds });
    this.presence.grace();
    bus.renew();
    dataBus.renew();
  }
}
