import { Type } from '@sinclair/typebox';
import { Source } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const muteAll = defineMethod({
  name: 'muteAll',
  doc: 'Mutes what everyone sends, except moderators; only from one source when it is given. It stays paused until a moderator ends the mute and the peer resumes it.',
  params: Type.Object({ source: Type.Optional(Source) }),
  result: Type.Object({
    ...Moderated.properties,
    count: Type.Integer({ description: 'how many producers were muted' }),
  }),
  state: 'joined',
  grant: 'moderate',
  errors: [],
  example: { source: 'audio' },
  async run({ room, peer, commands }, { source }) {
    let count = 0;
    const reply = await moderated(peer, async (requester) => {
      count = await commands.muteAll({ ...requester, roomId: room.id, source });
    });
    return { count, ...reply };
  },
});
