import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';

/** What is read of a ban here. Times are milliseconds since the epoch, null for good. */
interface HeldBan {
  /** The room that it is for; null for the whole server. */
  readonly roomId: string | null;
  readonly reason: string;
  readonly expiresAt: number | null;
}

/** Where bans and voided tokens are kept. */
export interface BanRegister {
  /** The ban that keeps this identity out, if there is one. */
  holds(identity: Identity): HeldBan | undefined;
  /** Whether the token was issued before its holder was removed. */
  isVoid(identity: Identity): boolean;
}

/**
 * Refuses banned identities and tokens issued before a removal. Without tokens (development mode) only bans count.
 */
export function admission(bans: BanRegister, options: { tokens: boolean }) {
  return (identity: Identity): SfuError | undefined => {
    const ban = bans.holds(identity);
    if (ban) return new SfuError('banned', banSentence(ban));
    if (options.tokens && bans.isVoid(identity)) {
      return new SfuError(
        'removed',
        'a moderator removed you from this room, and this token is from before that; ask for a new one',
      );
    }
    return undefined;
  };
}

function banSentence({ roomId, expiresAt, reason }: HeldBan): string {
  const where = roomId === null ? 'this server' : 'this room';
  const until = expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 16)}Z`;
  return `you are banned from ${where}${until}${reason ? ` (${reason})` : ''}; ask the people who run it`;
}
