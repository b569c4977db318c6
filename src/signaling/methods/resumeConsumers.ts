import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { resumeSubscription, startSubscription } from '../../sfu/rooms/subscribing.ts';
import { defineMethod } from '../method.ts';

/** The most that one message resumes; a client with more sends several. */
export const maxResumed = 1024;

export const resumeConsumers = defineMethod({
  name: 'resumeConsumers',
  doc: 'Resumes several consumers with one message. Those that have ended are skipped, and so are those of the fast join that a moderator or a program has paused before you start them for the first time.',
  params: Type.Object({ consumerIds: Type.Array(Id, { maxItems: maxResumed }) }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['gone'],
  example: { consumerIds: ['{consumer}'] },
  async run({ room, peer }, { consumerIds }) {
    const present = consumerIds.flatMap((id) => peer.subscriptions.get(id) ?? []);
    await Promise.all(
      present.map((subscription) =>
        subscription.start === undefined
          ? resumeSubscription(room, subscription)
          : startSubscription(room, subscription, { asked: true }),
      ),
    );
    return {};
  },
});
