import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { resumeSubscription } from '../../sfu/rooms/subscribing.ts';
import { defineMethod } from '../method.ts';

/** The most that one message resumes; a client with more sends several. */
export const maxResumed = 1024;

export const resumeConsumers = defineMethod({
  name: 'resumeConsumers',
  doc: 'Resumes several consumers with one message. Those that have ended are skipped.',
  params: Type.Object({ consumerIds: Type.Array(Id, { maxItems: maxResumed }) }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['gone'],
  example: { consumerIds: ['{consumer}'] },
  async run({ room, peer }, { consumerIds }) {
    const present = consumerIds.flatMap((id) => peer.subscriptions.get(id) ?? []);
    await Promise.all(present.map((subscription) => resumeSubscription(room, subscription)));
    return {};
  },
});
