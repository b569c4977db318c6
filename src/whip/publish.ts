import type { types } from 'mediasoup';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import type { Source } from '../core/sources.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { publish, resumePublication } from '../sfu/rooms/publishing.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { connectTransport, openTransport } from '../sfu/rooms/transports.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { enterAs } from './enter.ts';
import { answerPublisher } from './sdp/answer.ts';
import { type Offer, readOffer } from './sdp/offer.ts';
import { type PublishedTrack, publishedTracks } from './sdp/published.ts';
import { MediaSession } from './session.ts';

export interface PublishRequest {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly request: Request;
  /** The offer. */
  readonly text: string;
}

/** What the address may say of the tracks, for SDP has no words for it. */
interface TrackHints {
  /** `?source=screen`: the video is a shared screen. */
  readonly screen: boolean;
  /** `?scalabilityMode=L3T3_KEY`: the layers that the encoder packs into one stream (W3C webrtc-svc). */
  readonly scalabilityMode?: string;
}

/**
 * Opens a session for a publisher (RFC 9725, section 4.2): a peer that joins, a transport, a producer for each track.
 * @throws SfuError what signaling refuses a peer with, and invalid_sdp, unacceptable_offer, invalid_params
 */
export async function openPublisher(
  options: PublishRequest,
): Promise<{ session: MediaSession; answer: string }> {
  const { sfu, identity, request, text } = options;
  const offer = readOffer(text, 'publish');
  const hints = hintsOf(request);
  const session = new MediaSession('whip', identity.roomId);
  session.agree(offer);
  const answer = await enterAs({ sfu, identity, session, request }, async (room, peer, join) => {
    const tracks = publishedTracks(offer, room.routers.rtpCapabilities);
    for (const { media } of tracks)
      requireGrant(peer, { kind: media.kind, source: sourceOf(media.kind, hints) });
    join();
    const entry = await openTransport(room, peer, { producing: true, consuming: false, forceTcp: false });
    session.carry(entry);
    for (const track of tracks) {
      const { kind } = track.media;
      const appData = { source: sourceOf(kind, hints) };
      const rtpParameters = withMode(track, hints);
      await publish(room, peer, {
        transportId: entry.transport.id,
        kind,
        rtpParameters,
        paused: false,
        appData,
      });
    }
    session.onEnd(resumeWhenAllowed(room, peer));
    await connectTransport(entry, remoteDtls(offer));
    return answerPublisher(offer, tracks, session.local);
  });
  return { session, answer };
}

/**
 * Who takes part in a call resumes by hand what a moderator muted and allowed again. An encoder has no hand for it, so
 * that it goes on by itself.
 * @returns what ends that
 */
function resumeWhenAllowed(room: Room, peer: Peer): () => void {
  return room.events.on('producerAllowed', ({ producerId }) => {
    const publication = peer.publications.get(producerId);
    if (!publication) return;
    resumePublication(room, publication).catch((error: unknown) =>
      room.log.warn('a publisher by WHIP did not go on', { peerId: peer.id, producerId, error }),
    );
  });
}

/** The client's side of DTLS: it is the client there unless it insists on the server's part (RFC 8842). */
export function remoteDtls({
  setup,
  fingerprint,
}: Pick<Offer, 'setup' | 'fingerprint'>): types.DtlsParameters {
  return { role: setup === 'passive' ? 'server' : 'client', fingerprints: [fingerprint] };
}

function sourceOf(kind: types.MediaKind, { screen }: TrackHints): Source {
  return screen ? 'screen' : kind;
}

/** All or nothing: a session without the track that was refused would mislead (RFC 9725, section 4.4.3). */
function requireGrant(peer: Peer, published: { kind: types.MediaKind; source: Source }): void {
  if (peer.mayPublish(published)) return;
  throw new SfuError(
    'forbidden',
    `you may not publish ${published.source} (${published.kind}); ask for a token that grants it`,
  );
}

function hintsOf(request: Request): TrackHints {
  const { searchParams } = new URL(request.url);
  const source = searchParams.get('source');
  const scalabilityMode = searchParams.get('scalabilityMode');
  if (source !== null && source !== 'screen')
    throw new SfuError('invalid_params', 'source can be "screen"; leave it out for camera and microphone');
  if (scalabilityMode !== null && !/^[LS][1-3]T[1-3](h|_KEY(_SHIFT)?)?$/.test(scalabilityMode))
    throw new SfuError('invalid_params', 'scalabilityMode is one of webrtc-svc, such as L1T3 or L3T3_KEY');
  return { screen: source === 'screen', ...(scalabilityMode !== null && { scalabilityMode }) };
}

function withMode(
  { media, rtpParameters }: PublishedTrack,
  { scalabilityMode }: TrackHints,
): types.RtpParameters {
  if (scalabilityMode === undefined || media.kind !== 'video') return rtpParameters;
  const encodings = (rtpParameters.encodings ?? []).map((one) => ({ ...one, scalabilityMode }));
  return { ...rtpParameters, encodings };
}
