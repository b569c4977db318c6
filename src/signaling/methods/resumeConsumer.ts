import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { resumeSubscription } from '../../sfu/rooms/subscribing.ts';
import { defineMethod } from '../method.ts';

export const resumeConsumer = defineMethod({
  name: 'resumeConsumer',
  doc: 'Resumes a consumer. Video starts with a key frame.',
  params: Type.Object({ consumerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}' },
  async run({ room, peer }, { consumerId }) {
    await resumeSubscription(room, peer.subscription(consumerId));
    return {};
  },
});
