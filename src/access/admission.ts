import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import type { Ban, Bans } from '../store/bans.ts';

/**
 * Says who is not let in: the banned, and those who come with a token from before their removal. Where no tokens are
 * used (development mode) only bans count.
 */
export function admission(bans: Bans, options: { tokens: boolean }) {
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

function banSentence({ roomId, expiresAt, reason }: Ban): string {
  const where = roomId === null ? 'this server' : 'this room';
  const until = expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString().slice(0, 16)}Z`;
  return `you are banned from ${where}${until}${reason ? ` (${reason})` : ''}; ask the people who run it`;
}
