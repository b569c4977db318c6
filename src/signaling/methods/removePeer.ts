import { Type } from '@sinclair/typebox';
import type { BanRequest } from '../../commands/commands.ts';
import { Id, maxReasonLength, orNull, Reason } from '../../core/schemas.ts';
import { cleanText } from '../../core/text.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const removePeer = defineMethod({
  name: 'removePeer',
  doc: 'Removes a peer from the room and makes its tokens void. The reply comes when its socket and transports are closed and nobody receives it any more.',
  params: Type.Object({
    peerId: Id,
    reason: Type.Optional(Reason),
    ban: Type.Optional(
      Type.Object(
        { seconds: orNull(Type.Integer({ minimum: 60, maximum: 31_536_000 }), 'null: until it is lifted') },
        { description: 'also keeps the subject of its token, and that token, out of this room' },
      ),
    ),
  }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob', reason: 'spam' },
  async run({ room, peer, commands }, { peerId, reason = '', ban }) {
    const target = { roomId: room.id, peerId, reason: cleanText(reason, maxReasonLength) };
    return await moderated(peer, (requester) =>
      commands.removePeer({ ...requester, ...target }, ban && banOf(ban.seconds)),
    );
  },
});

/** Who moderates one room bans from that room only, and no address, which others may share. */
function banOf(seconds: number | null): BanRequest {
  return {
    scope: 'room',
    kinds: ['identity', 'token'],
    milliseconds: seconds === null ? null : seconds * 1000,
  };
}
