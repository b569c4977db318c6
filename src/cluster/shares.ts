import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { NodeRef, ShareChange } from '../sfu/rooms/share.ts';
import type { SharedRooms } from './domain.ts';
import { LocalShare } from './local-share.ts';
import type { RequestData, RequestResult } from './messages.ts';
import type { Presence } from './presence.ts';
import { RoomShares } from './room-shares.ts';
import type { RulesSync } from './rules-sync.ts';
import { SnapshotPages } from './snapshots.ts';
import type { RoomMessage, Wire } from './wire.ts';

export interface SharesOptions {
  readonly domain: SharedRooms;
  readonly self: NodeRef;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly log: Logger;
  readonly clock: Clock;
  readonly rules: RulesSync;
  readonly told: (from: NodeRef, roomId: string, message: RoomMessage) => void;
  /** A share of another node has moved on. */
  readonly advanced: () => void;
}

const stateEveryMs = 10_000;
/** What happens to several nodes at once leads to one round of greetings. */
const helloAfterMs = 100;
/** Rooms that are greeted at the same time. */
const helloBatch = 100;

/** The shares of this node and of all others, in the rooms that are open here. */
export class Shares {
  readonly #rooms = new Map<string, RoomShares>();
  readonly #greeted = new Map<string, Promise<void>>();
  readonly #pages: SnapshotPages;
  readonly #ends: (() => void)[] = [];
  /** Of all rooms together, so that a room that is opened again goes on beyond its former numbers. */
  #changes = 0;
  #cancelState: () => void = () => {};
  #cancelHello: (() => void) | undefined;
  #closed = false;

  constructor(private readonly options: SharesOptions) {
    this.#pages = new SnapshotPages(options.clock);
  }

  start(): void {
    const { domain, presence, wire } = this.options;
    this.#ends.push(
      domain.onRoom((roomId, open) => (open ? this.#open(roomId) : this.#close(roomId))),
      domain.onShare((roomId, change) => this.#changed(roomId, change)),
      presence.events.on('gone', ({ node }) => {
        for (const room of this.#rooms.values()) room.forget(node.life, 'node_lost');
      }),
      presence.events.on('appeared', () => this.#helloSoon()),
      presence.events.on('back', () => this.#helloSoon()),
      presence.events.on('entered', () => this.#helloSoon()),
      wire.bus.onStatus((status) => {
        if (status === 'connected') this.#helloSoon();
      }),
    );
    this.#armState();
  }

  /** When what other nodes say of a room that was just opened is known, as far as they answer. */
  known(roomId: string): Promise<void> {
    return this.#greeted.get(roomId) ?? Promise.resolve();
  }

  /** The number of the last change of this node in a room, which the others know or are told first. */
  numberOf(roomId: string): number {
    return this.#rooms.get(roomId)?.numberSaid ?? 0;
  }

  /** The number of the last change of another life that was taken over. */
  numberTaken(life: string, roomId: string): number {
    return this.#rooms.get(roomId)?.numberOf(life) ?? 0;
  }

  /** How many there are of other nodes, in all rooms that are open here. */
  get remoteCount(): number {
    return [...this.#rooms.values()].reduce((sum, { remoteCount }) => sum + remoteCount, 0);
  }

  /** How many this node has: its rooms. */
  get localCount(): number {
    return this.#rooms.size;
  }

  /** Answers a node that fetches the share of this one. */
  fetch({ roomId, page }: RequestData<'share.fetch'>): RequestResult<'share.fetch'> {
    if (page !== null) return this.#pages.take(page);
    const room = this.#rooms.get(roomId);
    return room ? this.#pages.first(room.local) : null;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
    this.#cancelState();
    this.#cancelHello?.();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    this.#pages.close();
  }

  #open(roomId: string): void {
    const { domain, told, rules } = this.options;
    const roster = domain.roster(roomId);
    if (!roster || this.#rooms.has(roomId)) return;
    this.#changes += 1;
    const local = new LocalShare(this.#changes, domain.shares(roomId));
    const room = new RoomShares({
      ...this.options,
      ...{ roomId, local, roster },
      told: (from, message) => told(from, roomId, message),
      origin: () => {
        const origin = domain.origin(roomId);
        return origin ? { ...origin, codecs: [...origin.codecs] } : null;
      },
      originStated: (origin) => domain.takeOrigin(roomId, origin),
      rulesHash: () => rules.hashOf(roomId),
      rulesStated: (from, hash) => rules.stated(from, roomId, hash),
    });
    this.#rooms.set(roomId, room);
    const greeted = room.hello().finally(() => {
      if (this.#greeted.get(roomId) === greeted) this.#greeted.delete(roomId);
    });
    this.#greeted.set(roomId, greeted);
  }

  #close(roomId: string): void {
    this.#rooms.get(roomId)?.close();
    this.#rooms.delete(roomId);
    this.#greeted.delete(roomId);
  }

  #changed(roomId: string, change: ShareChange): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#changes += 1;
    room.changed(change);
  }

  #armState(): void {
    this.#cancelState = this.options.clock.after(stateEveryMs, () => {
      for (const room of this.#rooms.values()) {
        room.state();
        room.checkSilent();
      }
      this.#armState();
    });
  }

  #helloSoon(): void {
    this.#cancelHello ??= this.options.clock.after(helloAfterMs, () => {
      this.#cancelHello = undefined;
      void this.#helloAll();
    });
  }

  async #helloAll(): Promise<void> {
    const rooms = [...this.#rooms.values()];
    for (let start = 0; start < rooms.length && !this.#closed; start += helloBatch)
      await Promise.all(rooms.slice(start, start + helloBatch).map((room) => room.hello()));
  }
}
