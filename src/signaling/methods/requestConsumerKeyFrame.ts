import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { mediaCall } from '../../sfu/media/media-call.ts';
import { defineMethod } from '../method.ts';

export const requestConsumerKeyFrame = defineMethod({
  name: 'requestConsumerKeyFrame',
  doc: 'Asks the sender of a video for a key frame.',
  params: Type.Object({ consumerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}' },
  async run({ peer }, { consumerId }) {
    const { consumer } = peer.subscription(consumerId);
    await mediaCall(consumer, 'asking for a key frame', () => consumer.requestKeyFrame());
    return {};
  },
});
