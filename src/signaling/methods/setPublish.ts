import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Publish } from '../peer-schemas.ts';
import { Moderated, moderated } from '../requester.ts';

export const setPublish = defineMethod({
  name: 'setPublish',
  doc: 'Sets what a peer may publish from now on, and ends what it may not any more; true is all that its token grants, and of sources only those count that it grants. The peer is notified.',
  params: Type.Object({ peerId: Id, publish: Publish }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob', publish: false },
  async run({ room, peer, commands }, { peerId, publish }) {
    const target = { roomId: room.id, peerId, publish: publish !== false && { ofGranted: publish } };
    return await moderated(peer, (requester) => commands.setPublish({ ...requester, ...target }));
  },
});
