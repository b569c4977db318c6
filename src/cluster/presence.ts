import type { Clock } from '../core/clock.ts';
import { EventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/log.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { ClockAgreement } from '../store/hybrid-clock.ts';
import { BusEvidence } from './evidence.ts';
import type { JumpWatch } from './jump-watch.ts';
import { type Beat, protocolVersion } from './messages.ts';
import type { PipeTraffic } from './pipe-traffic.ts';
import { RemoteNode } from './remote-node.ts';
import type { Wire } from './wire.ts';

/** What this node says of itself in each heartbeat. */
export type About = Omit<Beat, 'version' | 'name' | 'installation' | 'succeeds' | 'now'>;

export interface PresenceOptions {
  readonly wire: Wire;
  readonly self: NodeRef;
  readonly installation: string;
  /** The life of this installation before this one. */
  readonly formerLife: string | null;
  readonly about: () => About;
  /** A node whose media still comes has not ended. */
  readonly pipes: PipeTraffic;
  readonly staleSeconds: number;
  readonly jumps: Pick<JumpWatch, 'look'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Why a node is not in the mesh any more. */
export type NodeEnd = 'goodbye' | 'succeeded' | 'lost';

export interface PresenceEvents {
  /** This node takes part from now on. */
  entered: Record<string, never>;
  /** A node said that it lives, as each does every second. */
  heard: { node: RemoteNode };
  /** A node is heard for the first time, or again after it was given up. */
  appeared: { node: RemoteNode };
  /** Nothing is heard of a node; what is known of it stays. */
  stale: { node: RemoteNode };
  /** A stale node is heard again. */
  back: { node: RemoteNode };
  gone: { node: RemoteNode; why: NodeEnd };
}

const stepMs = 500;
const beatMs = 1000;
/** How long a node that starts listens for another one of its name. */
export const listenMs = 3000;
/** A node is stale when its heartbeat is overdue by so much. */
export const staleMs = 4000;
/** Two heartbeats in a row have not come. */
const overdueMs = 2500;
/** For so long the bus may think that a node listens which has ended without a goodbye, or stands still. */
const silentMs = 300_000;
const maxNodes = 1000;
const smallOffsetMs = 2000;
/** Lives that have ended and are not to come back; the oldest are forgotten. */
const maxEnded = 1000;

/** Which nodes there are. Each says every second that it lives; a life that ended does not come back. */
export class Presence {
  readonly events: EventBus<PresenceEvents>;
  readonly nodes = new Map<string, RemoteNode>();
  readonly #ended = new Set<string>();
  readonly #foreign = new Set<string>();
  readonly #evidence: BusEvidence;
  readonly #ends: (() => void)[] = [];
  #cancelStep: () => void = () => {};
  #listening = true;
  #succeeded = false;
  /** When it began to listen; undefined while the bus is away. */
  #listensSince: number | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** When a node was given up last. */
  #lostAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(private readonly options: PresenceOptions) {
    const { wire, log, clock } = options;
    this.events = new EventBus(log);
    this.#evidence = new BusEvidence(wire.bus, clock);
  }

  start(): void {
    const { wire } = this.options;
    wire.knows = (from) => this.nodes.get(from.life)?.name === from.name;
    this.#ends.push(
      wire.hear('beat', (from, beat) => this.#heard(from, beat)),
      wire.hear('bye', (from) => this.#left(from)),
      wire.bus.onStatus((status) => {
        this.grace();
        this.#listensSince = status === 'connected' ? this.options.clock.elapsed() : undefined;
      }),
    );
    if (wire.bus.status === 'connected') this.#listensSince = this.options.clock.elapsed();
    this.#arm();
  }

  /** Whether this node takes part: it has listened first. */
  get entered(): boolean {
    return !this.#listening;
  }

  /** The other nodes, but for those of which nothing is heard. */
  get living(): RemoteNode[] {
    return [...this.nodes.values()].filter(({ stale }) => !stale);
  }

  /** Whether the heartbeats of a node come as they should: one that is overdue may be about to be stale. */
  isHeard(life: string): boolean {
    const node = this.nodes.get(life);
    return node !== undefined && this.options.clock.elapsed() - node.heardAt <= overdueMs;
  }

  /** Whether a node may still listen that does not answer: nothing is heard of it, or was when it was given up. */
  get hasSilent(): boolean {
    if (this.options.clock.elapsed() - this.#lostAt < silentMs) return true;
    return [...this.nodes.keys()].some((life) => !this.isHeard(life));
  }

  /**
   * The time that the nodes agree on: the middle of their clocks, of two the earlier one, so that a clock that is wrong is
   * alone. Small differences are the time that heartbeats take.
   */
  get clockAgreement(): ClockAgreement {
    const offsets = [0, ...this.living.map(({ clockOffset }) => clockOffset)].sort((a, b) => a - b);
    const middle = offsets[Math.floor((offsets.length - 1) / 2)] ?? 0;
    return { offset: Math.abs(middle) < smallOffsetMs ? 0 : middle, isProven: offsets.length !== 2 };
  }

  /** Why new calls should go elsewhere; nothing while the bus is away: a node serves what it has. */
  unreadyReasons(): string[] {
    const { name } = this.options.self;
    if (this.#succeeded)
      return [
        `another process runs as node "${name}" with this node's data; stop one of them, or give it a TUREEN_NODE and a TUREEN_DATA_DIR of its own`,
      ];
    if (this.#rival())
      return [
        `another installation is named "${name}" too; give each node a name of its own with TUREEN_NODE`,
      ];
    if (this.#listening && this.#listensSince !== undefined) return ['the node is about to enter the mesh'];
    return [];
  }

  /** Gives every node time to be heard again: what was missed says nothing about them. */
  grace(): void {
    const now = this.options.clock.elapsed();
    for (const node of this.nodes.values()) node.heardAt = now;
    this.#evidence.reset();
  }

  /** Says at once what it says every second anyway: something of it matters now. */
  sayNow(): void {
    if (this.entered && !this.#closed) this.#say();
  }

  /** Says goodbye. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelStep();
    for (const end of this.#ends) end();
    if (this.entered) this.options.wire.say('bye', {});
  }

  #arm(): void {
    this.#cancelStep = this.options.clock.after(stepMs, () => {
      this.#step();
      if (!this.#closed) this.#arm();
    });
  }

  #step(): void {
    const { jumps, clock } = this.options;
    // It gives the others time when this process stood still.
    jumps.look();
    const now = clock.elapsed();
    if (this.#listening) this.#enterWhenDue(now);
    if (this.entered && now - this.#saidAt >= beatMs) this.#say();
    const isOverdue = [...this.nodes.values()].some((node) => now - node.heardAt > beatMs + stepMs);
    this.#evidence.look(isOverdue);
    this.options.pipes.look(isOverdue);
    for (const node of [...this.nodes.values()]) this.#judge(node, now);
  }

  #enterWhenDue(now: number): void {
    const hasListened = this.#listensSince !== undefined && now - this.#listensSince >= listenMs;
    if (!hasListened || this.#rival()) return;
    this.#listening = false;
    this.#say();
    this.events.emit('entered', {});
  }

  #say(): void {
    const { wire, self, installation, formerLife, about, clock } = this.options;
    this.#saidAt = clock.elapsed();
    wire.say('beat', {
      ...{ version: protocolVersion, name: self.name, installation, succeeds: formerLife },
      ...about(),
      now: clock.now(),
    });
  }

  #heard(from: NodeRef, beat: Beat): void {
    const { wire, self, log, clock } = this.options;
    if (from.life === self.life || this.#ended.has(from.life)) return;
    if (beat.version !== protocolVersion) return this.#nameForeign(from, beat.version);
    if (beat.name !== from.name)
      return wire.drops.add('malformed', {
        subject: 'beat',
        detail: `${from.name} calls itself ${beat.name}`,
      });
    this.#evidence.heard();
    if (beat.succeeds !== null) this.#succeed(beat);
    const known = this.nodes.get(from.life);
    if (!known && this.nodes.size >= maxNodes) return;
    const node = known ?? new RemoteNode(from, beat.installation);
    const wasStale = node.stale;
    node.heard(beat, { elapsed: clock.elapsed(), now: clock.now() });
    this.nodes.set(from.life, node);
    const about = { node: node.name, life: node.life };
    if (!known) {
      log.info('a node is in the mesh', about);
      this.events.emit('appeared', { node });
    } else if (wasStale) {
      log.info('a node is heard again', about);
      this.events.emit('back', { node });
    }
    this.events.emit('heard', { node });
  }

  #succeed({ succeeds, name, installation }: Beat): void {
    const { self } = this.options;
    if (succeeds === self.life && name === self.name && installation === this.options.installation)
      this.#succeeded = true;
    const former = this.nodes.get(succeeds ?? '');
    if (former?.name === name && former.installation === installation) this.#end(former, 'succeeded');
  }

  #left({ life, name }: NodeRef): void {
    const node = this.nodes.get(life);
    if (node?.name === name) this.#end(node, 'goodbye');
  }

  #judge(node: RemoteNode, now: number): void {
    const overdue = now - node.heardAt;
    if (overdue <= staleMs) return;
    if (!node.stale) {
      node.stale = true;
      this.options.log.warn('nothing is heard of a node', { node: node.name, life: node.life });
      this.events.emit('stale', { node });
    }
    if (!this.options.pipes.isSilent(node.life)) return;
    const isProven = this.#evidence.provesSilence(node.heardAt, staleMs);
    if (isProven || overdue > this.options.staleSeconds * 1000) this.#end(node, 'lost');
  }

  #end(node: RemoteNode, why: NodeEnd): void {
    this.nodes.delete(node.life);
    if (why === 'lost') this.#lostAt = this.options.clock.elapsed();
    else this.#remember(this.#ended, node.life);
    this.options.log.info('a node is not in the mesh any more', { node: node.name, life: node.life, why });
    this.events.emit('gone', { node, why });
  }

  #nameForeign({ name, life }: NodeRef, version: number): void {
    if (this.#foreign.has(life)) return;
    this.#remember(this.#foreign, life);
    this.options.log.warn('a node speaks another version of the protocol between nodes and is ignored', {
      node: name,
      version,
      wanted: protocolVersion,
    });
  }

  #remember(lives: Set<string>, life: string): void {
    lives.add(life);
    const [oldest] = lives;
    if (lives.size > maxEnded && oldest !== undefined) lives.delete(oldest);
  }

  /** A living node of this name from another installation. */
  #rival(): RemoteNode | undefined {
    const { self, installation } = this.options;
    return this.living.find((node) => node.name === self.name && node.installation !== installation);
  }
}
