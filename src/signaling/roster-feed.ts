import type { Clock } from '../core/clock.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { describePeer } from './describe.ts';
import type { NotificationData } from './messages.ts';

type Changes = NotificationData<'rosterChanged'>;

/** Between two messages of one room, in the long run; after a quiet second so many come at once as fit in one. */
const pauseMs = 250;
const perSecond = 1000 / pauseMs;
/** For so long nothing is said where only the audience grew or shrank a little. */
const countPauseMs = 10_000;
/** In a call of so many everyone who comes and goes is counted at once. */
const smallCall = 30;

interface RoomFeed {
  readonly joined: Map<string, Peer | RemotePeer>;
  readonly changed: Map<string, Peer | RemotePeer>;
  readonly left: Map<string, string>;
  /** When the last message was sent, by the clock that never jumps. */
  sentAt: number;
  /** Each message takes a pause of its own; those that were sent have taken all until then. */
  takenUntil: number;
  sentCount: number;
  /** When the next one is due; undefined when nothing is waiting. */
  dueAt: number | undefined;
  cancel: () => void;
}

export interface RosterFeedOptions {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly clock: Clock;
  readonly send: (roomId: string, changes: Changes) => void;
  /** Those who joined were told of. */
  readonly onListed: (room: Room, peers: readonly (Peer | RemotePeer)[]) => void;
}

/**
 * Gathers who comes, goes and changes in a room, and tells it in one message, at most four times a second: at once where
 * little happens. How many the audience are is told when it changed by a quarter, and else now and then.
 */
export class RosterFeed {
  readonly #feeds = new Map<string, RoomFeed>();

  constructor(private readonly options: RosterFeedOptions) {}

  joined(roomId: string, peer: Peer | RemotePeer): void {
    if (!this.#isFollowed(roomId)) return;
    const feed = this.#feedOf(roomId);
    feed.joined.set(peer.id, peer);
    this.#soon(roomId, feed);
  }

  left(roomId: string, peerId: string, reason: string): void {
    if (!this.#isFollowed(roomId)) return;
    const feed = this.#feedOf(roomId);
    feed.joined.delete(peerId);
    feed.changed.delete(peerId);
    feed.left.set(peerId, reason);
    this.#soon(roomId, feed);
  }

  changed(roomId: string, peer: Peer | RemotePeer): void {
    if (!this.#isFollowed(roomId)) return;
    const feed = this.#feedOf(roomId);
    if (!feed.joined.has(peer.id)) feed.changed.set(peer.id, peer);
    this.#soon(roomId, feed);
  }

  /** Somebody of the audience came or went. */
  counted(roomId: string): void {
    const room = this.options.rooms.get(roomId);
    if (!room || !this.#isFollowed(roomId)) return;
    const feed = this.#feedOf(roomId);
    const { count } = room.turnout;
    const matters = count <= smallCall || Math.abs(count - feed.sentCount) * 4 >= feed.sentCount;
    if (matters) this.#soon(roomId, feed);
    else this.#at(roomId, feed, feed.sentAt + countPauseMs);
  }

  /** What a peer publishes is about to be told: whoever is told of it has to know the peer. */
  publishes(roomId: string, peerId: string): void {
    const feed = this.#feeds.get(roomId);
    if (feed?.joined.has(peerId)) this.#send(roomId, feed);
  }

  /** Nobody is in the room any more. */
  forget(roomId: string): void {
    this.#feeds.get(roomId)?.cancel();
    this.#feeds.delete(roomId);
  }

  close(): void {
    for (const roomId of [...this.#feeds.keys()]) this.forget(roomId);
  }

  /** Nobody here is told of a room that only other nodes have peers in, and nothing is kept of it. */
  #isFollowed(roomId: string): boolean {
    return (this.options.rooms.get(roomId)?.peers.size ?? 0) > 0;
  }

  #feedOf(roomId: string): RoomFeed {
    const known = this.#feeds.get(roomId);
    if (known) return known;
    const waiting = { joined: new Map(), changed: new Map(), left: new Map() };
    const never = Number.NEGATIVE_INFINITY;
    const times = { sentAt: never, takenUntil: never };
    const feed: RoomFeed = { ...waiting, ...times, sentCount: 0, dueAt: undefined, cancel: () => {} };
    this.#feeds.set(roomId, feed);
    return feed;
  }

  #soon(roomId: string, feed: RoomFeed): void {
    this.#at(roomId, feed, feed.takenUntil - (perSecond - 1) * pauseMs);
  }

  /** It is sent then, or now if that is over. */
  #at(roomId: string, feed: RoomFeed, at: number): void {
    const { clock } = this.options;
    const now = clock.elapsed();
    if (at <= now) return this.#send(roomId, feed);
    if (feed.dueAt !== undefined && feed.dueAt <= at) return;
    feed.cancel();
    feed.dueAt = at;
    feed.cancel = clock.after(at - now, () => this.#send(roomId, feed));
  }

  #send(roomId: string, feed: RoomFeed): void {
    feed.cancel();
    feed.dueAt = undefined;
    const room = this.options.rooms.get(roomId);
    const came = [...feed.joined.values()].filter(({ joined }) => joined);
    const changed = [...feed.changed.values()].filter(({ joined }) => joined);
    const left = [...feed.left].map(([peerId, reason]) => ({ peerId, reason }));
    for (const waiting of [feed.joined, feed.changed, feed.left]) waiting.clear();
    if (!room) return this.forget(roomId);
    const { turnout } = room;
    feed.sentAt = this.options.clock.elapsed();
    feed.takenUntil = Math.max(feed.takenUntil, feed.sentAt) + pauseMs;
    feed.sentCount = turnout.count;
    this.options.send(roomId, {
      ...(left.length > 0 && { left }),
      ...(came.length > 0 && { joined: came.map(describePeer) }),
      ...(changed.length > 0 && { changed: changed.map(describePeer) }),
      ...turnout,
    });
    if (came.length > 0) this.options.onListed(room, came);
  }
}
