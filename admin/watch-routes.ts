import { SfuError } from '../src/core/errors.ts';
import type { Dashboard } from './dashboard.ts';
import { securityHeaders } from './http/headers.ts';
import { requireCsrfToken, requireSameOrigin } from './http/origin.ts';
import type { Incoming, Visitor } from './http/people.ts';
import { readText } from './panel/form.ts';

/** Begins to watch: the body is the browser's SDP offer, the answer has one for it to answer. */
export async function openWatching(
  { watchings }: Dashboard,
  visitor: Visitor,
  from: Incoming,
): Promise<Response> {
  const offer = await readSdp(visitor, from);
  const { searchParams } = from.url;
  const { id, counterOffer, watchedPeerId } = await requirePresent(watchings).open({
    visitor,
    address: from.address,
    roomId: searchParams.get('room') ?? '',
    peerId: searchParams.get('peer') ?? undefined,
    screen: searchParams.get('source') === 'screen',
    offer,
  });
  return Response.json(
    { id, sdp: counterOffer, peerId: watchedPeerId },
    { status: 201, headers: securityHeaders },
  );
}

/** The browser's answer. */
export async function answerWatching(
  { watchings }: Dashboard,
  visitor: Visitor,
  from: Incoming,
  id: string,
): Promise<Response> {
  await requirePresent(watchings).answer(visitor, id, await readSdp(visitor, from));
  return new Response(null, { status: 204, headers: securityHeaders });
}

export function endWatching(
  { watchings }: Dashboard,
  visitor: Visitor,
  { request }: Incoming,
  id: string,
): Response {
  requireOwnPage(visitor, request);
  requirePresent(watchings).end(visitor, id);
  return new Response(null, { status: 204, headers: securityHeaders });
}

async function readSdp(visitor: Visitor, { request }: Incoming): Promise<string> {
  requireOwnPage(visitor, request);
  if (!request.headers.get('content-type')?.startsWith('application/sdp'))
    throw new SfuError('unsupported_media_type', 'the body must be SDP (application/sdp)');
  return await readText(request);
}

function requireOwnPage({ session }: Visitor, request: Request): void {
  requireSameOrigin(request);
  requireCsrfToken(request, '', session.csrf);
}

function requirePresent<T>(watchings: T | undefined): T {
  if (watchings) return watchings;
  throw new SfuError('not_found', 'this dashboard was mounted without a way to watch');
}
