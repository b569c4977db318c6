import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { requesterOf } from '../requester.ts';

export const allowProducer = defineMethod({
  name: 'allowProducer',
  doc: "Ends a moderator's mute: the peer may resume the producer. It stays paused until the peer does.",
  params: Type.Object({ peerId: Id, producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob', producerId: '{remoteProducer}' },
  async run({ room, peer, commands }, { peerId, producerId }) {
    await commands.allowProducer({ roomId: room.id, peerId, producerId, ...requesterOf(peer) });
    return {};
  },
});
