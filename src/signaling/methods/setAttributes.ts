import { Type } from '@sinclair/typebox';
import { AttributeChanges, Attributes } from '../../core/attributes.ts';
import { changeOwnAttributes } from '../../sfu/rooms/attributes.ts';
import { defineMethod } from '../method.ts';

export const setAttributes = defineMethod({
  name: 'setAttributes',
  doc: 'Changes your attributes: texts that everyone in the room is told, such as a seat or a mood. They last as long as your stay, through `resume` and `rejoin`; after a new connection give them to `join`. Four changes a second, in bursts of twenty.',
  params: Type.Object({ attributes: AttributeChanges }),
  result: Type.Object({ attributes: Attributes }),
  state: 'joined',
  grant: 'none',
  shows: true,
  errors: ['limit_reached', 'flood'],
  example: { attributes: { seat: '7', mood: null } },
  run({ room, peer }, { attributes: changes }) {
    changeOwnAttributes(room.context, peer, changes);
    return { attributes: { ...peer.attributes } };
  },
});
