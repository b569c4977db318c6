import { Nothing } from '../../core/schemas.ts';
import { takeOver } from '../../sfu/rooms/moving.ts';
import { offerAll } from '../../sfu/rooms/offering.ts';
import { defineMethod } from '../method.ts';
import { describeCall, WholeCall } from '../whole-call.ts';

export const commitMove = defineMethod({
  name: 'commitMove',
  doc: 'Takes over from the server that you move away from, once your media is here: from the reply on this connection is you, in the place of the former one, which is told nothing more. To the others you are the same peer. The reply is the whole call at that moment.',
  params: Nothing,
  result: WholeCall,
  state: 'joined',
  grant: 'none',
  errors: ['wrong_state', 'gone'],
  example: {},
  async run({ room, peer, takesRoster, afterReply }) {
    await takeOver(room, peer);
    afterReply(() => offerAll(room, peer));
    const { roster, ...call } = describeCall(room, peer, { takesRoster });
    return { ...call, ...roster };
  },
});
