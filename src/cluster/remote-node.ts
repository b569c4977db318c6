import type { NodeRef } from '../sfu/rooms/share.ts';
import type { Beat } from './messages.ts';

/** How many heartbeats the offset of a clock is read from. */
const samples = 30;

/** One life of another node, as its heartbeats describe it. */
export class RemoteNode implements NodeRef {
  readonly life: string;
  readonly name: string;
  /** Nothing is heard of it: what it said stays, and requests to it fail at once. */
  stale = false;
  /** When its last heartbeat came, by the clock that never jumps. */
  heardAt = 0;
  region: string | null = null;
  url: string | null = null;
  release = '';
  drainDeadline: number | null = null;
  draining = false;
  rooms = 0;
  peers = 0;
  /** The mesh that it belongs to; null while it knows none. */
  mesh: string | null = null;
  /** Whether programs on it follow the events of all nodes. */
  follows = false;
  /** How near it is to the end of what it has; null for one that does not say. */
  stress: NonNullable<Beat['stress']> | null = null;
  readonly #offsets: number[] = [];

  constructor(
    { life, name }: NodeRef,
    readonly installation: string,
  ) {
    this.life = life;
    this.name = name;
  }

  heard({ now, ...beat }: Beat, at: { elapsed: number; now: number }): void {
    const { region, url, release, draining, drainDeadline, rooms, peers, mesh, follows = false } = beat;
    const { stress = null } = beat;
    const about = { region, url, release, draining, drainDeadline, rooms, peers, mesh, follows, stress };
    Object.assign(this, about, { stale: false, heardAt: at.elapsed });
    this.#offsets.push(now - at.now);
    if (this.#offsets.length > samples) this.#offsets.shift();
  }

  /** Milliseconds by which its clock is ahead of this node's; by so much less as its fastest heartbeat took. */
  get clockOffset(): number {
    return Math.max(...this.#offsets);
  }
}
