import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const muteProducer = defineMethod({
  name: 'muteProducer',
  doc: 'Mutes what another peer sends. It stays paused until a moderator ends the mute and the peer resumes it.',
  params: Type.Object({ peerId: Id, producerId: Id }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found', 'gone'],
  example: { peerId: 'bob', producerId: '{remoteProducer}' },
  async run({ room, peer, commands }, { peerId, producerId }) {
    const target = { roomId: room.id, peerId, producerId };
    return await moderated(peer, (requester) => commands.muteProducer({ ...requester, ...target }));
  },
});
