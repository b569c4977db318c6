import type { NodeRef, PeerShare } from './share.ts';

/** A session of a peer on another node. */
export interface Known {
  readonly from: NodeRef;
  share: PeerShare;
}

/**
 * The sessions that other nodes have in a room, shown or not, by what is asked for: nothing has to walk all of them for one
 * peer, one node or one subject.
 */
export class KnownSessions {
  readonly #byId = new Map<string, Known>();
  readonly #byPeer = new Map<string, Set<Known>>();
  readonly #byLife = new Map<string, Set<Known>>();
  readonly #bySubject = new Map<string, Set<Known>>();

  /** The lives that have somebody in the room. */
  get lives(): Iterable<string> {
    return this.#byLife.keys();
  }

  /** Those of them that have somebody in the call. */
  get livesInCall(): string[] {
    return [...this.#byLife].filter(([, sessions]) => isInCall(sessions)).map(([life]) => life);
  }

  get(sessionId: string): Known | undefined {
    return this.#byId.get(sessionId);
  }

  ofPeer(peerId: string): Known[] {
    return [...(this.#byPeer.get(peerId) ?? [])];
  }

  hasLife(life: string): boolean {
    return this.#byLife.has(life);
  }

  ofLife(life: string): Known[] {
    return [...(this.#byLife.get(life) ?? [])];
  }

  ofSubject(subject: string): Known[] {
    return [...(this.#bySubject.get(subject) ?? [])];
  }

  add(known: Known): void {
    const { sessionId, peerId, subject } = known.share;
    this.#byId.set(sessionId, known);
    put(this.#byPeer, peerId, known);
    put(this.#byLife, known.from.life, known);
    put(this.#bySubject, subject, known);
  }

  remove(known: Known): void {
    const { sessionId, peerId, subject } = known.share;
    this.#byId.delete(sessionId);
    take(this.#byPeer, peerId, known);
    take(this.#byLife, known.from.life, known);
    take(this.#bySubject, subject, known);
  }

  clear(): void {
    for (const index of [this.#byId, this.#byPeer, this.#byLife, this.#bySubject]) index.clear();
  }
}

/** The first that is found ends the search. */
function isInCall(sessions: Iterable<Known>): boolean {
  for (const { share } of sessions) if (share.state === 'joined') return true;
  return false;
}

function put(index: Map<string, Set<Known>>, key: string, known: Known): void {
  index.set(key, (index.get(key) ?? new Set()).add(known));
}

function take(index: Map<string, Set<Known>>, key: string, known: Known): void {
  const sessions = index.get(key);
  sessions?.delete(known);
  if (sessions?.size === 0) index.delete(key);
}
