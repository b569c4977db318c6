import { type Static, Type } from '@sinclair/typebox';
import type { Requester } from '../commands/targets.ts';
import { collectWarnings } from '../core/warnings.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

/** A peer that moderates, as the requester of a command. */
export function requesterOf({ id, identity }: Peer): Requester {
  return { by: { kind: 'moderator', id }, address: identity.address };
}

/** What is replied to a moderator. */
export const Moderated = Type.Object({
  warning: Type.Optional(
    Type.String({
      description:
        'It was done, but not as it should be: the data disk did not take the record, or other nodes do not know of it yet',
    }),
  ),
});

/** Carries out a command of a peer that moderates. @returns the reply */
export async function moderated(
  peer: Peer,
  command: (requester: Requester) => Promise<unknown>,
): Promise<Static<typeof Moderated>> {
  const { warn, text } = collectWarnings();
  await command({ ...requesterOf(peer), warn });
  const warning = text();
  return warning === undefined ? {} : { warning };
}
