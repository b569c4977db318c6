import { Type } from '@sinclair/typebox';
import { Source } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const allowAll = defineMethod({
  name: 'allowAll',
  doc: 'Ends every mute, or those of one source: the peers may resume.',
  params: Type.Object({ source: Type.Optional(Source) }),
  result: Type.Object({
    ...Moderated.properties,
    count: Type.Integer({ description: 'how many producers were allowed' }),
  }),
  state: 'joined',
  grant: 'moderate',
  errors: [],
  example: { source: 'audio' },
  async run({ room, peer, commands }, { source }) {
    let count = 0;
    const reply = await moderated(peer, async (requester) => {
      count = await commands.allowAll({ ...requester, roomId: room.id, source });
    });
    return { count, ...reply };
  },
});
