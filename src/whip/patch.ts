import { SfuError } from '../core/errors.ts';
import { writeFragment } from './sdp/answer.ts';
import { readFragment } from './sdp/fragment.ts';
import type { IceCredentials } from './sdp/offer.ts';
import type { WhipSession } from './session.ts';

export const fragmentType = 'application/trickle-ice-sdpfrag';

/**
 * Takes an SDP fragment (RFC 9725, section 4.3) with candidates of the client, or with new credentials, which restart
 * ICE.
 * @throws SfuError precondition_required, precondition_failed, invalid_sdp, gone
 */
export async function patchIce(session: WhipSession, request: Request, text: string): Promise<Response> {
  const match = request.headers.get('if-match');
  if (match !== null) checkMatch(session, match);
  const credentials = readFragment(text);
  const { agreement } = session;
  if (!credentials || !agreement || isSame(credentials, agreement.ice))
    return new Response(null, { status: 204 });
  // Candidates harm nobody, and most clients send them without the header. A restart that is not meant would.
  if (match === null)
    throw new SfuError(
      'precondition_required',
      'the ICE credentials are others than before, which restarts ICE: send the header If-Match with * to do that',
    );
  const iceParameters = await session.restartIce({ ...agreement, ice: credentials });
  const { iceCandidates } = session.localTransport();
  return new Response(writeFragment({ iceParameters, iceCandidates }, agreement.media), {
    status: 200,
    headers: { 'content-type': fragmentType, etag: session.etag },
  });
}

function isSame(a: IceCredentials, b: IceCredentials): boolean {
  return a.usernameFragment === b.usernameFragment && a.password === b.password;
}

function checkMatch({ etag }: WhipSession, match: string): void {
  const tags = match.split(',').map((tag) => tag.trim());
  // The draft's own figure writes the star in quotes, as no tag of ours is.
  if (tags.includes('*') || tags.includes('"*"') || tags.includes(etag)) return;
  throw new SfuError(
    'precondition_failed',
    'If-Match names an ICE session that has ended; send the ETag of the last answer, or * to restart ICE',
  );
}
