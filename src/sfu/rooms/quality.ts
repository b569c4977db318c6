import { type Quality, qualityOf, sameQuality, unknownQuality, worse } from '../../core/quality.ts';
import type { PeerRef, SfuBus } from '../events.ts';
import type { Peer } from './peer.ts';
import type { Room } from './room.ts';

/** The events after which a peer is judged again. */
const changing = [
  'producerScore',
  'producerPaused',
  'producerResumed',
  'producerClosed',
  'peerAway',
  'peerBack',
] as const;

/** The score of a new stream starts low and rises; a lower one is ignored for this time. */
const settlingMs = 4000;
const goodScore = 8;
/** The others are told of a peer at most once in this time. */
const tellIntervalMs = 1000;

/** What clients report, and whether the others were told of a peer a moment ago. */
const reported = new WeakMap<Peer, Quality>();
const justTold = new WeakSet<Peer>();

/** How a client judges its own connection. It alone knows how its sound and its pictures come out. */
export function reportQuality(room: Room, peer: Peer, { score, cause }: Omit<Quality, 'level'>): void {
  reported.set(peer, qualityOf(score, cause));
  judgeAgain(room, peer);
}

/** Keeps the quality of every peer up to date. */
export function followQuality(
  events: SfuBus,
  find: (ref: PeerRef) => { room: Room; peer: Peer } | undefined,
) {
  for (const name of changing)
    events.on(name, (ref) => {
      const found = find(ref);
      if (found) judgeAgain(found.room, found.peer);
    });
}

function judgeAgain(room: Room, peer: Peer): void {
  const quality = judge(room, peer);
  if (sameQuality(quality, peer.quality)) return;
  peer.quality = quality;
  if (!justTold.has(peer)) tell(room, peer, quality);
}

/** What changes again before the time is over is told at its end, as it is then. */
function tell(room: Room, peer: Peer, quality: Quality): void {
  const { events, clock } = room.context;
  justTold.add(peer);
  events.emit('peerQuality', { ...peer.ref, quality, hidden: peer.hidden });
  clock.after(tellIntervalMs, () => {
    justTold.delete(peer);
    if (!peer.closed && !sameQuality(quality, peer.quality)) tell(room, peer, peer.quality);
  });
}

function judge({ context }: Room, peer: Peer): Quality {
  if (peer.away) return qualityOf(0, 'cut');
  return worse(reported.get(peer) ?? unknownQuality, sentQuality(peer, context.clock.now()));
}

/**
 * How well the server receives what a peer sends: the score of its worst publication, each by its best stream, since the
 * others of a simulcast may be switched off.
 * https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/#ProducerScore
 */
function sentQuality({ publications }: Peer, now: number): Quality {
  const scores = [...publications.values()].flatMap(({ producer, info }) => {
    const streams = producer.paused ? [] : producer.score.map(({ score }) => score);
    if (streams.length === 0) return [];
    const best = Math.max(...streams);
    // The time of the day may be set back.
    const settled = Math.abs(now - info.openedAt) > settlingMs;
    return best >= goodScore || settled ? [best] : [];
  });
  const worst = scores.length === 0 ? null : Math.min(...scores);
  return qualityOf(worst, worst !== null && worst <= 1 ? 'cut' : 'loss');
}
