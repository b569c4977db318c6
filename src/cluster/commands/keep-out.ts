import { audited } from '../../commands/audited.ts';
import type { BanRequest, PeerTarget } from '../../commands/commands.ts';
import { goOn } from '../../commands/removal.ts';
import { removeBanned, removeVoid } from '../../commands/sweep.ts';
import { SfuError } from '../../core/errors.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { NewBan } from '../../store/bans.ts';
import type { Store } from '../../store/store.ts';

export interface KeepOutParts {
  readonly sfu: Sfu;
  readonly store: Store;
  readonly now: () => number;
}

export interface FailedRemoval {
  readonly target: PeerTarget;
  readonly subject: string;
  readonly ban?: BanRequest;
  /** That the node of the peer did not answer. */
  readonly error: SfuError;
}

/**
 * Does of a removal what needs no answer of the node that the peer is on: nobody gets back in with its tokens, on any
 * node, and what its subject has here ends. @returns what to tell who asked
 */
export async function keepOut({ sfu, store, now }: KeepOutParts, removal: FailedRemoval): Promise<SfuError> {
  const { target, subject, ban, error } = removal;
  const { roomId } = target;
  // When its token was issued only its node knows.
  const removed = { roomId, subject, issuedAt: 0 };
  const bans = identityBan(removal, now());
  const details = { subject, askedElsewhere: true };
  const intent = { ...target, action: ban ? 'peer.ban' : 'peer.remove', details };
  return await audited(store, intent, {
    prepare: () => {
      store.bans.voidTokens(removed);
      for (const each of bans) store.bans.add(each);
      return bans.length > 0;
    },
    command: (isBanned) => {
      removeVoid(sfu, { roomId, subject, until: Number.POSITIVE_INFINITY }, target);
      removeBanned(sfu, bans);
      return new SfuError('unconfirmed', `${error.message}. ${whatHolds(isBanned, ban)}`, { cause: error });
    },
    describeResult: () => `unconfirmed: ${error.message}`,
    unrecorded: goOn(target, () => {
      store.bans.voidTokensUnstored(removed);
      return false;
    }),
  });
}

/** The identity is all of a peer that is known of it here; its token and its address are not. */
function identityBan({ target, subject, ban }: FailedRemoval, now: number): NewBan[] {
  if (!ban?.kinds.includes('identity')) return [];
  const { roomId, by, reason = '' } = target;
  const expiresAt = ban.milliseconds === null ? null : now + ban.milliseconds;
  const where = ban.scope === 'room' ? roomId : null;
  return [{ kind: 'identity', value: subject, roomId: where, reason, by, expiresAt }];
}

function whatHolds(isBanned: boolean, ban: BanRequest | undefined): string {
  const isVoid = 'The tokens of that peer are void';
  if (!ban) return isVoid;
  const missing = ban.kinds.filter((kind) => kind !== 'identity' || !isBanned);
  const left = missing.length > 0 ? `; not banned yet: its ${missing.join(' and ')}` : '';
  return `${isVoid}${isBanned ? ', and its identity is banned' : ''}${left}`;
}
