import { SfuError } from '../core/errors.ts';
import { connectTransport } from '../sfu/rooms/transports.ts';
import { remoteDtls } from './publish.ts';
import { invalid, readSession, readTransport, unacceptable } from './sdp/offer.ts';
import type { Agreement, MediaSession } from './session.ts';

/**
 * Takes a player's answer to our offer (draft-ietf-wish-whep-03, section 4.2.2).
 * @throws SfuError wrong_state when there is nothing to answer, invalid_sdp, unacceptable_offer, gone
 */
export async function acceptAnswer(session: MediaSession, text: string): Promise<Response> {
  if (session.agreement)
    throw new SfuError('wrong_state', 'this session has its answer; only fragments for ICE may follow');
  const answer = readSession(text);
  const transport = readTransport(answer);
  if (transport.setup === 'actpass') throw invalid('an answer says a=setup:active or passive, not actpass');
  const media = answer.media.map(({ mid, type }): Agreement['media'][number] => ({
    mid: String(mid),
    kind: type === 'audio' ? 'audio' : 'video',
  }));
  const refused = answer.media.find(({ port, direction }) => port === 0 || direction === 'inactive');
  if (media.length === 0 || refused)
    throw unacceptable('an answer takes every section of the offer; end the session by DELETE instead');
  await connectTransport(session.living.entry, remoteDtls(transport));
  session.agree({ media, ice: transport.ice });
  return new Response(null, { status: 204 });
}
