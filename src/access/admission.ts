import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';

interface Ban {
  /** The room that it is for; null for the whole server. */
  readonly roomId: string | null;
  readonly reason: string;
  /** Milliseconds since the epoch; null for a permanent ban. */
  readonly expiresAt: number | null;
}

/** Bans and void tokens, as the store has them. */
export interface BanRegister {
  /** The ban in force that matches this identity. */
  findActive(identity: Identity): Ban | undefined;
  /** Whether the token was issued before a moderator removed its peer. */
  isVoid(identity: Identity): boolean;
}

/**
 * Refuses banned identities and tokens issued before a removal. Without tokens (development mode) only bans count.
 */
export function admission(bans: BanRegister, options: { tokens: boolean }) {
  return (identity: Identity): SfuError | undefined => {
    const ban = bans.findActive(identity);
    if (ban) return new SfuError('banned', banSentence(ban));
    if (options.tokens && bans.isVoid(identity)) {
      return new SfuError(
        'removed',
        'a moderator removed you from this room, and this token was issued before that; ask for a new one',
      );
    }
    return undefined;
  };
}

function banSentence({ roomId, expiresAt, reason }: Ban): string {
  const where = roomId === null ? 'this server' : 'this room';
  const until = expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 16)}Z`;
  return `you are banned from ${where}${until}${reason ? ` (${reason})` : ''}; ask its operator`;
}
