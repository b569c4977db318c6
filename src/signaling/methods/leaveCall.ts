import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';

export const leaveCall = defineMethod({
  name: 'leaveCall',
  aliases: ['leaveRoom'],
  doc: 'Leaves the call: everything of yours is closed, the others are notified, and the socket closes after the reply.',
  params: Nothing,
  result: Nothing,
  state: 'connected',
  grant: 'none',
  asNotification: true,
  errors: [],
  example: {},
  run({ room, peer, afterReply }) {
    const by = { kind: 'peer', id: peer.id } as const;
    afterReply(() => room.removePeer(peer, 'left', { detail: 'you left the call', by }));
    return {};
  },
});
