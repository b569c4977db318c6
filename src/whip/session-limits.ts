import { clientOf } from '../access/pace.ts';
import type { Config } from '../config/config.ts';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import type { SessionKind } from './session.ts';

/** A session that is about to be opened. */
interface NewSession {
  readonly kind: SessionKind;
  readonly identity: Identity;
  /** Whether it replaces a session of the same peer. Then it is not checked: it makes no more sessions. */
  readonly replaces: boolean;
}

/** Retry-After: by then, sessions that never connected have ended. */
const retryAfterSeconds = 10;

/** Limits the sessions of each subject and of each address, so that nobody can fill a room or the node with them. */
export class SessionLimits {
  readonly #counts = new Map<string, number>();

  constructor(private readonly config: Pick<Config, 'maxSessionsPerSubject' | 'maxSessionsPerAddress'>) {}

  /** Counts a session. @returns a function that counts it no longer @throws SfuError limit_reached */
  reserve({ kind, identity, replaces }: NewSession): () => void {
    const { maxSessionsPerSubject, maxSessionsPerAddress } = this.config;
    const { roomId, subject, program, address } = identity;
    // Publishers need no limit by subject: a subject is one peer, which has one session.
    const player = kind === 'whep' ? `subject ${JSON.stringify([roomId, subject])}` : undefined;
    const client = program === undefined ? clientOf(address) : undefined;
    if (!replaces) {
      this.#require(player, maxSessionsPerSubject, 'players of your token are in this room');
      this.#require(client, maxSessionsPerAddress, 'sessions are open from your address');
    }
    const keys = [player, client].filter((key) => key !== undefined);
    for (const key of keys) this.#add(key, 1);
    return () => {
      for (const key of keys.splice(0)) this.#add(key, -1);
    };
  }

  #require(key: string | undefined, max: number, what: string): void {
    if (key === undefined || (this.#counts.get(key) ?? 0) < max) return;
    throw new SfuError('limit_reached', `${max} ${what}, which is the limit; end one first`, {
      retryAfterSeconds,
    });
  }

  #add(key: string, change: 1 | -1): void {
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
