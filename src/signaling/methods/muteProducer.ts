import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { actorOf } from '../moderator.ts';

export const muteProducer = defineMethod({
  name: 'muteProducer',
  doc: 'Mutes what another peer sends. It stays paused until a moderator allows it and the peer itself resumes it.',
  params: Type.Object({ peerId: Id, producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found', 'gone'],
  example: { peerId: 'bob', producerId: '{remoteProducer}' },
  async run({ room, peer, commands }, { peerId, producerId }) {
    await commands.muteProducer({ roomId: room.id, peerId, producerId, ...actorOf(peer) });
    return {};
  },
});
