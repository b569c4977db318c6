import type { Standing } from '../../core/standing.ts';
import type { SfuBus } from '../events.ts';
import type { Peer } from './peer.ts';

/**
 * Those who are in a call, by what is asked for often, so that nothing has to walk all of them: they are listed, or are the
 * audience, which is counted. Hidden peers are neither.
 */
export class Seats<P extends { readonly standing: Standing; readonly hidden: boolean }> {
  readonly #listed = new Set<P>();
  /** With a number that grows with each that comes. */
  readonly #audience = new Map<P, number>();
  readonly #announced = new Set<P>();
  #lastNumber = 0;

  get listed(): ReadonlySet<P> {
    return this.#listed;
  }

  get audience(): ReadonlyMap<P, number> {
    return this.#audience;
  }

  /** Those of the audience that came while it was small. */
  get announced(): ReadonlySet<P> {
    return this.#announced;
  }

  /** Everyone in the call. */
  get count(): number {
    return this.#listed.size + this.#audience.size;
  }

  /** It takes part, or does so as something else. */
  joined(peer: P): void {
    this.paused(peer);
    if (peer.hidden) return;
    if (peer.standing === 'listed') return void this.#listed.add(peer);
    this.#lastNumber += 1;
    this.#audience.set(peer, this.#lastNumber);
    if (peer.standing === 'announced') this.#announced.add(peer);
  }

  /** It takes no part at the moment, or not any more. */
  paused(peer: P): void {
    this.#listed.delete(peer);
    this.#audience.delete(peer);
    this.#announced.delete(peer);
  }
}

/** The peers of a room on this node. */
export class Attendance extends Seats<Peer> {
  /** Those who lost media of another node that they are to have again when it comes back. */
  readonly lostMedia = new Set<Peer>();
  readonly #bySubject = new Map<string, Set<Peer>>();

  /** Every peer of a subject, in the call or not. */
  ofSubject(subject: string): Peer[] {
    return [...(this.#bySubject.get(subject) ?? [])];
  }

  entered(peer: Peer): void {
    const { subject } = peer.identity;
    this.#bySubject.set(subject, (this.#bySubject.get(subject) ?? new Set()).add(peer));
  }

  left(peer: Peer): void {
    this.paused(peer);
    this.lostMedia.delete(peer);
    const { subject } = peer.identity;
    const others = this.#bySubject.get(subject);
    others?.delete(peer);
    if (others?.size === 0) this.#bySubject.delete(subject);
  }
}

/**
 * As what a peer joins. One that was listed stays so, also when it has to join again. Who may moderate is listed in any case:
 * nobody is to be watched by somebody unseen.
 */
export function standingOf(
  peer: Peer,
  { audience, isSmall }: { audience: boolean; isSmall: boolean },
): Standing {
  const { moderate } = peer.identity.grants;
  if (moderate || peer.standing === 'listed' || (!audience && peer.publish !== false)) return 'listed';
  return isSmall ? 'announced' : 'counted';
}

/** One of the audience is listed from now on, for as long as it stays. Does nothing for a peer that is. */
export function list(room: { attendance: Attendance; events: SfuBus }, peer: Peer): void {
  const { standing: was } = peer;
  if (was === 'listed') return;
  peer.standing = 'listed';
  if (!peer.joined || peer.hidden || peer.passage) return;
  room.attendance.joined(peer);
  room.events.emit('peerListed', { ...peer.ref, was });
}
