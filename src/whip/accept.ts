import { SfuError } from '../core/errors.ts';
import { connectTransport } from '../sfu/rooms/transports.ts';
import { remoteDtls } from './publish.ts';
import { invalidSdp } from './sdp/limits.ts';
import { readSession, readTransport, unacceptableOffer } from './sdp/offer.ts';
import type { Agreement, WhipSession } from './session.ts';

/**
 * Takes a player's answer to our offer (draft-ietf-wish-whep-03, section 4.2.2).
 * @throws SfuError wrong_state when there is nothing to answer; invalid_sdp, unacceptable_offer, gone
 */
export async function acceptAnswer(session: WhipSession, text: string): Promise<Response> {
  if (session.agreement)
    throw new SfuError('wrong_state', 'this session has its answer already; only ICE fragments may follow');
  const answer = readSession(text);
  const transport = readTransport(answer);
  if (transport.setup === 'actpass')
    throw invalidSdp('an answer needs a=setup:active or a=setup:passive, not actpass');
  const media = answer.media.map(({ mid, type }): Agreement['media'][number] => ({
    mid: String(mid),
    kind: type === 'audio' ? 'audio' : 'video',
  }));
  const rejected = answer.media.find(({ port, direction }) => port === 0 || direction === 'inactive');
  if (media.length === 0 || rejected)
    throw unacceptableOffer(
      'an answer must accept every section of the offer; to receive nothing, DELETE the session',
    );
  const { room, entry } = session.requireOpen();
  await connectTransport(room, entry, remoteDtls(transport));
  session.agree({ media, ice: transport.ice });
  return new Response(null, { status: 204 });
}
