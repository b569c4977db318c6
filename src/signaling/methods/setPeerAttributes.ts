import { Type } from '@sinclair/typebox';
import { AttributeChanges } from '../../core/attributes.ts';
import { Id } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const setPeerAttributes = defineMethod({
  name: 'setPeerAttributes',
  doc: 'Changes the attributes of a peer. It is notified like everyone else.',
  params: Type.Object({ peerId: Id, attributes: AttributeChanges }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found', 'limit_reached'],
  example: { peerId: 'bob', attributes: { seat: '3' } },
  async run({ room, peer, commands }, { peerId, attributes: changes }) {
    const target = { roomId: room.id, peerId, changes };
    return await moderated(peer, (requester) => commands.setPeerAttributes({ ...requester, ...target }));
  },
});
