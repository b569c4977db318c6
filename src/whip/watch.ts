import type { types } from 'mediasoup';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import { unreadMid } from '../sfu/quirks/mids.ts';
import type { Peer, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { resumeSubscription, subscribe } from '../sfu/rooms/subscribing.ts';
import { connectTransport, openTransport } from '../sfu/rooms/transports.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { enterAs } from './enter.ts';
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
import { MediaSession } from './session.ts';
import { chosenPublications } from './source.ts';

export interface WatchRequest {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly request: Request;
  /** The player's offer. */
  readonly text: string;
}

/** A session, and the description that goes back: an answer, or an offer of ours that the player is to answer. */
export interface Opened {
  readonly session: MediaSession;
  readonly description: string;
  readonly isCounterOffer: boolean;
}

/** A section of the offer with what is to be sent in it. */
interface Planned {
  readonly media: OfferedMedia;
  readonly publication: Publication;
  readonly codec: PlayableCodec;
}

interface Plan {
  readonly offer: Offer;
  readonly sections: readonly (Planned | OfferedMedia)[];
}

/**
 * Opens a session for a player (draft-ietf-wish-whep-03, section 4.2). Its offer is answered; with `?offer=server` it
 * gets an offer instead, in the room's own numbers: only then mediasoup can send all that a browser takes, such as
 * retransmissions by a stream of their own and what the estimate of the bandwidth needs.
 * @throws SfuError not_live, unacceptable_offer, invalid_sdp, and what signaling refuses a peer with
 */
export async function openViewer({ sfu, identity, request, text }: WatchRequest): Promise<Opened> {
  const offer = readOffer(text, 'watch');
  const publications = chosenPublications(sfu, identity.roomId, request);
  const session = new MediaSession('whep', identity.roomId);
  const isCounterOffer = new URL(request.url).searchParams.get('offer') === 'server';
  return await enterAs({ sfu, identity, session, request }, async (room, peer, join) => {
    const plan = planFor(room, offer, publications);
    join();
    const description = await (isCounterOffer ? counter : answer)({ room, peer, session, plan });
    return { session, description, isCounterOffer };
  });
}

function planFor(room: Room, offer: Offer, publications: readonly Publication[]): Plan {
  const sections = offer.media.map((media) => {
    const publication = publications.find(({ info }) => info.kind === media.kind);
    const [sent] = publication?.info.rtpParameters.codecs ?? [];
    if (!publication || !sent) return media;
    return { media, publication, codec: playableCodec(media, sent, room.routers.rtpCapabilities) };
  });
  if (sections.some(isPlanned)) return { offer, sections };
  throw new SfuError('not_live', 'what you offer to receive is not sent; offer audio and video');
}

function isPlanned(section: Planned | OfferedMedia): section is Planned {
  return 'publication' in section;
}

interface Viewing {
  readonly room: Room;
  readonly peer: Peer;
  readonly session: MediaSession;
  readonly plan: Plan;
}

/** Answers with the payload types of the offer, which takes a router that sends under them. */
async function answer({ room, peer, session, plan }: Viewing): Promise<string> {
  const planned = plan.sections.filter(isPlanned);
  const { roomRouter, release } = await room.routers.lease(
    planned
      .map(({ codec: { known, offered } }) => ({ ...known, preferredPayloadType: offered.payloadType }))
      // The router numbers its retransmissions itself, after each video codec.
      .toSorted((a, b) => a.kind.localeCompare(b.kind)),
  );
  session.onEnd(release);
  peer.placeOn(roomRouter);
  const entry = await open(room, peer, session);
  const sections: Section[] = [];
  for (const section of plan.sections) {
    if (!isPlanned(section)) {
      sections.push(silentSection(section));
      continue;
    }
    const { media, codec } = section;
    const extensions = extensionsFor(media, room.routers.rtpCapabilities);
    const { payloadType, config } = codec.offered;
    // Retransmissions go in the stream itself, for the number of their own would not be the player's.
    const rtpCapabilities = capabilitiesOf(media.kind, codec, { payloadType, extensions, withRtx: false });
    const named = extensions.some(({ uri }) => uri.endsWith(':mid'));
    const mid = named ? media.mid : unreadMid(media.kind);
    const track = await receive({ room, peer, session, entry }, section, {
      rtpCapabilities,
      mid,
      index: sections.length,
    });
    sections.push(watchedSection({ ...track, mid: media.mid, config: config ?? '' }));
  }
  session.agree(plan.offer);
  await connectTransport(entry, remoteDtls(plan.offer));
  return writeAnswer(plan.offer, session.local, sections);
}

/** Makes an offer in the room's own numbers of what the player asked for. */
async function counter({ room, peer, session, plan }: Viewing): Promise<string> {
  const entry = await open(room, peer, session);
  const sections: Section[] = [];
  for (const section of plan.sections.filter(isPlanned)) {
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
  return writeSession({ transport: session.local, setup: 'actpass', sections, mixedExtensions });
}

async function open(room: Room, peer: Peer, session: MediaSession): Promise<WebRtcPeerTransport> {
  const entry = await openTransport(room, peer, { producing: false, consuming: true, forceTcp: false });
  session.carry(entry);
  return entry;
}

/** Consumes a publication, paused until media can flow: a key frame that is sent before is lost. */
async function receive(
  { room, peer, session, entry }: Omit<Viewing, 'plan'> & { entry: WebRtcPeerTransport },
  { media, publication }: Planned,
  { index, ...options }: { rtpCapabilities: types.RtpCapabilities; mid: string; index: number },
) {
  const { transport } = entry;
  const subscription = await subscribe(room, peer, publication, {
    paused: true,
    transportId: transport.id,
    ...options,
  });
  const { consumer, rtpParameters } = subscription;
  session.watched.set(String(index), subscription);
  transport.on('dtlsstatechange', (state) => {
    if (state !== 'connected' || consumer.closed) return;
    resumeSubscription(room, subscription).catch((error: unknown) =>
      room.log.warn('a WHEP session could not start', { peerId: peer.id, error }),
    );
  });
  publication.handle.onClose(() => {
    const ended = [...session.watched.values()].every((watched) => watched.publication.handle.closed);
    if (ended) session.leave('what was watched has ended');
  });
  return { kind: media.kind, rtpParameters, stream: session.id, track: consumer.id };
}
