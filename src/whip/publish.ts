import type { types } from 'mediasoup';
import { SfuError } from '../core/errors.ts';
import { type Grants, type Identity, mayPublish } from '../core/grants.ts';
import type { Source } from '../core/sources.ts';
import { checkTracks } from '../sfu/media/rtp-check.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { publish, resumePublication } from '../sfu/rooms/publishing.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { connectTransport, openTransport } from '../sfu/rooms/transports.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { enterRoom } from './enter.ts';
import { answerPublisher } from './sdp/answer.ts';
import { type Offer, readOffer } from './sdp/offer.ts';
import { type PublishedTrack, publishedTracks } from './sdp/published.ts';
import { asksForScreen } from './selection.ts';
import type { WhipSession } from './session.ts';

export interface PublisherOptions {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly request: Request;
  /** The SDP offer. */
  readonly text: string;
  readonly session: WhipSession;
}

/** What the query says about the tracks, because SDP cannot. */
interface TrackHints {
  /** `?source=screen`: the video is a shared screen. */
  readonly screen: boolean;
  /** `?scalabilityMode=L3T3_KEY`: the layers that the encoder puts into one stream (W3C webrtc-svc). */
  readonly scalabilityMode?: string;
}

/**
 * Opens a session for a publisher (RFC 9725, section 4.2): a peer that joins, a transport, and a producer for each track.
 * @returns the answer
 * @throws SfuError invalid_sdp, unacceptable_offer, invalid_params, and what entering a room and publishing throw
 */
export async function openPublisher({
  sfu,
  identity,
  request,
  text,
  session,
}: PublisherOptions): Promise<string> {
  const offer = readOffer(text, 'publish');
  const hints = hintsOf(request);
  session.agree(offer);
  const plan = (room: Room) => tracksFor(room, { identity, offer, hints });
  return await enterRoom(
    { sfu, identity, session, request, plan },
    async (room, peer, { offered, tracks }) => {
      const entry = await openTransport(room, peer, { producing: true, consuming: false, forceTcp: false });
      session.setTransport(entry);
      for (const track of tracks) await publish(room, peer, { transportId: entry.transport.id, ...track });
      session.onEnd(resumeWhenAllowed(room, peer));
      await connectTransport(room, entry, remoteDtls(offer));
      return answerPublisher(offer, offered, session.localTransport());
    },
  );
}

/**
 * The tracks to publish, checked for all that would refuse them later. One refused track refuses the session: it must not
 * open without that track (RFC 9725, section 4.4.3).
 * @throws SfuError unacceptable_offer, forbidden, limit_reached, media_rejected
 */
function tracksFor(
  room: Room,
  { identity, offer, hints }: { identity: Identity; offer: Offer; hints: TrackHints },
) {
  const { maxProducersPerPeer } = room.context.settings;
  if (offer.media.length > maxProducersPerPeer)
    throw new SfuError(
      'limit_reached',
      `a peer may have ${maxProducersPerPeer} producers; offer fewer sections`,
    );
  const { rtpCapabilities } = room.routers;
  const grants = { publish: room.restrictions.publishOf(identity) };
  const offered = publishedTracks(offer, rtpCapabilities);
  const tracks = offered.map((track) => {
    const { kind } = track.media;
    const source = sourceOf(kind, hints);
    requireGrant(grants, { kind, source });
    return { kind, rtpParameters: withScalabilityMode(track, hints), paused: false, appData: { source } };
  });
  checkTracks(tracks, rtpCapabilities);
  return { offered, tracks };
}

/**
 * Resumes a producer when a moderator ends its mute. In a call the user has to resume it; an encoder has no button for
 * that.
 * @returns a function that stops it
 */
function resumeWhenAllowed(room: Room, peer: Peer): () => void {
  return room.events.on('producerAllowed', ({ producerId }) => {
    const publication = peer.publications.get(producerId);
    if (!publication) return;
    resumePublication(room, publication).catch((error: unknown) =>
      room.log.warn('a WHIP publisher could not be resumed', { peerId: peer.id, producerId, error }),
    );
  });
}

/** The DTLS parameters of the client. It is the DTLS client too, unless it insists on the other role (RFC 8842). */
export function remoteDtls({
  setup,
  fingerprint,
}: Pick<Offer, 'setup' | 'fingerprint'>): types.DtlsParameters {
  return { role: setup === 'passive' ? 'server' : 'client', fingerprints: [fingerprint] };
}

function sourceOf(kind: types.MediaKind, { screen }: TrackHints): Source {
  return screen ? 'screen' : kind;
}

function requireGrant(
  grants: Pick<Grants, 'publish'>,
  published: { kind: types.MediaKind; source: Source },
): void {
  if (mayPublish(grants, published)) return;
  throw new SfuError(
    'forbidden',
    `you may not publish ${published.source} (${published.kind}); ask for a token that grants it`,
  );
}

function hintsOf(request: Request): TrackHints {
  const url = new URL(request.url);
  const screen = asksForScreen(url);
  const scalabilityMode = url.searchParams.get('scalabilityMode');
  if (scalabilityMode !== null && !/^[LS][1-3]T[1-3](h|_KEY(_SHIFT)?)?$/.test(scalabilityMode))
    throw new SfuError(
      'invalid_params',
      'scalabilityMode must be one of W3C webrtc-svc, such as L1T3 or L3T3_KEY',
    );
  return { screen, ...(scalabilityMode !== null && { scalabilityMode }) };
}

function withScalabilityMode(
  { media, rtpParameters }: PublishedTrack,
  { scalabilityMode }: TrackHints,
): types.RtpParameters {
  if (scalabilityMode === undefined || media.kind !== 'video') return rtpParameters;
  const encodings = (rtpParameters.encodings ?? []).map((encoding) => ({ ...encoding, scalabilityMode }));
  return { ...rtpParameters, encodings };
}
