import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { requesterOf } from '../requester.ts';

export const muteProducer = defineMethod({
  name: 'muteProducer',
  doc: 'Mutes what another peer sends. It stays paused until a moderator ends the mute and the peer resumes it.',
  params: Type.Object({ peerId: Id, producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found', 'gone'],
  example: { peerId: 'bob', producerId: '{remoteProducer}' },
  async run({ room, peer, commands }, { peerId, producerId }) {
    await commands.muteProducer({ roomId: room.id, peerId, producerId, ...requesterOf(peer) });
    return {};
  },
});
