import { Type } from '@sinclair/typebox';
import { Addressees, messageLimits, PeerMessage } from '../../core/peer-messages.ts';
import { Id } from '../../core/schemas.ts';
import { sendMessage as send } from '../../sfu/rooms/messaging.ts';
import { defineMethod } from '../method.ts';

/** The most peers to which one message goes. */
export const maxAddressees = messageLimits.peers;

export const sendMessage = defineMethod({
  name: 'sendMessage',
  doc: 'Writes to peers by their ids, and to nobody else; they get `peerMessage`. It needs the grant to publish `data`. A request has an `id`, and who answers sends a message with it as `answers`; how long to wait is yours to decide. A peer takes 16 KiB of messages a second from all others together, in bursts of 80; a small one counts for half of one. To a peer on another node of a mesh a message may get lost.',
  params: Type.Object({ to: Addressees, message: PeerMessage }),
  result: Type.Object({
    missing: Type.Array(Id, {
      description: 'those that are not in the call, may not receive, or whose clients know no messages',
    }),
    busy: Type.Array(Id, { description: 'those that get more than they take now; try again later' }),
  }),
  state: 'joined',
  grant: 'publish',
  shows: true,
  errors: ['forbidden', 'too_large'],
  example: { to: ['bob'], message: { topic: 'seat', data: { seat: 7 } } },
  run({ room, peer }, request) {
    return send(room, peer, request);
  },
});
