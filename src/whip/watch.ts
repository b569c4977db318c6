import type { types } from 'mediasoup';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import { unreadMid } from '../sfu/quirks/mids.ts';
import type { Peer, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { startSubscription, subscribe } from '../sfu/rooms/subscribing.ts';
import { connectTransport, openTransport } from '../sfu/rooms/transports.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { enterRoom } from './enter.ts';
import { remoteDtls } from './publish.ts';
import { type Section, writeAnswer, writeSession } from './sdp/answer.ts';
import { type Offer, type OfferedMedia, readOffer } from './sdp/offer.ts';
import {
  capabilitiesOf,
  commonExtensions,
  extensionsFor,
  type PlayableCodec,
  playableCodec,
  silentSection,
  watchedSection,
} from './sdp/watched.ts';
import { selectPublications } from './selection.ts';
import type { WhipSession } from './session.ts';

export interface ViewerOptions {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly request: Request;
  /** The player's SDP offer. */
  readonly text: string;
  readonly session: WhipSession;
}

/** The SDP that goes back: an answer, or a counter-offer that the player has to answer. */
export interface OpenedViewer {
  readonly description: string;
  readonly isCounterOffer: boolean;
}

/** A section of the offer in which a publication is sent. */
interface MediaSection {
  readonly media: OfferedMedia;
  readonly publication: Publication;
  readonly codec: PlayableCodec;
}

/** An offer, and for each section the publication to send in it, if there is one. */
interface Plan {
  readonly offer: Offer;
  readonly sections: readonly (MediaSection | OfferedMedia)[];
}

/**
 * Opens a session for a player (draft-ietf-wish-whep-03, section 4.2). It gets an answer, or with `?offer=server` a
 * counter-offer with the room's own payload types and extension ids. Only with the latter can mediasoup use everything
 * that a browser supports, such as retransmission streams and the extensions for bandwidth estimation.
 * @throws SfuError not_live, unacceptable_offer, invalid_sdp, and what entering a room throws
 */
export async function openViewer(options: ViewerOptions): Promise<OpenedViewer> {
  const { sfu, identity, request, text, session } = options;
  const offer = readOffer(text, 'watch');
  const publications = selectPublications(sfu, identity.roomId, request);
  const isCounterOffer = new URL(request.url).searchParams.get('offer') === 'server';
  const plan = (room: Room) => planFor(room, offer, publications);
  return await enterRoom({ sfu, identity, session, request, plan }, async (room, peer, plan) => {
    const describe = isCounterOffer ? offerToPlayer : answerPlayer;
    const description = await describe({ room, peer, session, plan });
    return { description, isCounterOffer };
  });
}

function planFor(room: Room, offer: Offer, publications: readonly Publication[]): Plan {
  const sections = offer.media.map((media) => {
    const publication = publications.find(({ info }) => info.kind === media.kind);
    const [sent] = publication?.info.rtpParameters.codecs ?? [];
    if (!publication || !sent) return media;
    return { media, publication, codec: playableCodec(media, sent, room.routers.rtpCapabilities) };
  });
  if (sections.some(hasPublication)) return { offer, sections };
  throw new SfuError(
    'not_live',
    'nothing of the kinds that you offer to receive is sent; offer audio and video',
  );
}

function hasPublication(section: MediaSection | OfferedMedia): section is MediaSection {
  return 'publication' in section;
}

interface PlayerContext {
  readonly room: Room;
  readonly peer: Peer;
  readonly session: WhipSession;
  readonly plan: Plan;
}

/** Writes an answer with the payload types of the offer. This needs a router that uses the same payload types. */
async function answerPlayer({ room, peer, session, plan }: PlayerContext): Promise<string> {
  const planned = plan.sections.filter(hasPublication);
  const { roomRouter, release } = await room.routers.lease(
    planned
      .map(({ codec: { known, offered } }) => ({ ...known, preferredPayloadType: offered.payloadType }))
      // Audio first: after each video codec the router takes a payload type for its retransmissions.
      .toSorted((a, b) => a.kind.localeCompare(b.kind)),
  );
  session.onEnd(release);
  // Before its first transport.
  peer.router = roomRouter;
  const entry = await open(room, peer, session);
  const sections: Section[] = [];
  for (const section of plan.sections) {
    if (!hasPublication(section)) {
      sections.push(silentSection(section));
      continue;
    }
    const { media, codec } = section;
    const extensions = extensionsFor(media, room.routers.rtpCapabilities);
    const { payloadType, config } = codec.offered;
    // Without RTX: the router would send it under a payload type that is not in the player's offer.
    const rtpCapabilities = capabilitiesOf(media.kind, codec, { payloadType, extensions, withRtx: false });
    const hasMid = extensions.some(({ uri }) => uri.endsWith(':mid'));
    const mid = hasMid ? media.mid : unreadMid(media.kind);
    const track = await receive({ room, peer, session, entry }, section, {
      rtpCapabilities,
      mid,
      index: sections.length,
    });
    sections.push(watchedSection({ ...track, mid: media.mid, config: config ?? '' }));
  }
  session.agree(plan.offer);
  await connectTransport(room, entry, remoteDtls(plan.offer));
  return writeAnswer(plan.offer, session.localTransport(), sections);
}

/** Writes a counter-offer with the room's own payload types and extension ids. */
async function offerToPlayer({ room, peer, session, plan }: PlayerContext): Promise<string> {
  const entry = await open(room, peer, session);
  const sections: Section[] = [];
  for (const section of plan.sections.filter(hasPublication)) {
    const { media, codec } = section;
    const rtpCapabilities = capabilitiesOf(media.kind, codec, {
      payloadType: codec.known.preferredPayloadType ?? codec.offered.payloadType,
      extensions: commonExtensions(media, room.routers.rtpCapabilities),
      withRtx: codec.withRtx,
    });
    const mid = String(sections.length);
    const track = await receive({ room, peer, session, entry }, section, {
      rtpCapabilities,
      mid,
      index: sections.length,
    });
    sections.push(watchedSection({ ...track, mid }));
  }
  const { mixedExtensions } = plan.offer;
  return writeSession({ transport: session.localTransport(), setup: 'actpass', sections, mixedExtensions });
}

async function open(room: Room, peer: Peer, session: WhipSession): Promise<WebRtcPeerTransport> {
  const entry = await openTransport(room, peer, { producing: false, consuming: true, forceTcp: false });
  session.setTransport(entry);
  return entry;
}

/** Subscribes to a publication, paused until DTLS is connected: a key frame sent earlier would be lost. */
async function receive(
  { room, peer, session, entry }: Omit<PlayerContext, 'plan'> & { entry: WebRtcPeerTransport },
  { media, publication }: MediaSection,
  { index, ...options }: { rtpCapabilities: types.RtpCapabilities; mid: string; index: number },
) {
  const { transport } = entry;
  const subscription = await subscribe(room, peer, publication, {
    paused: true,
    startsLater: true,
    transportId: transport.id,
    onLost: () => session.leave('media of another node was lost on the way here; open another session'),
    ...options,
  });
  const { consumer, rtpParameters } = subscription;
  session.subscriptions.set(String(index), subscription);
  transport.on('dtlsstatechange', (state) => {
    if (state !== 'connected') return;
    startSubscription(room, subscription).catch((error: unknown) =>
      room.log.warn('a WHEP player could not be resumed', { peerId: peer.id, error }),
    );
  });
  publication.handle.onClose(() => {
    const watched = [...session.subscriptions.values()];
    if (watched.every((other) => other.publication.handle.closed))
      session.leave('everything that the player watched has ended');
  });
  return { kind: media.kind, rtpParameters, stream: session.id, track: consumer.id };
}
