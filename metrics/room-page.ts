import type { MediaObject } from '../src/sfu/rooms/media-index.ts';
import type { PeerSnapshot } from '../src/sfu/rooms/snapshot.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import { type Gauge, gauge, type LabelSet } from './define.ts';
import { Page } from './page.ts';
import { sliceSize } from './sampler/lane.ts';

type Node = Pick<Sfu, 'read' | 'media'>;
type Track = MediaObject<'producer'> | MediaObject<'consumer'>;

/** Streams of a room that its page shows at most; the rest is told as left out. */
const mostStreams = 5000;

const anyOf = (...names: string[]): LabelSet => ({
  names,
  combinations: [],
  limit: Number.POSITIVE_INFINITY,
});
const streamLabels = anyOf('peer', 'id', 'side', 'kind', 'codec', 'ssrc');
const ofStream = (name: string, help: string, unit?: string): Gauge =>
  gauge({ name: `tureen_room_stream_${name}`, help, unit, source: 'sample', labels: streamLabels });

/** What the page of a room shows. Gauges throughout: the page is asked for now and then, and keeps nothing. */
export const roomMetrics = {
  peer: gauge({
    name: 'tureen_room_peer_info',
    help: 'Always 1; the labels name a peer of the room and its state.',
    source: 'state',
    labels: anyOf('peer', 'name', 'state', 'worker'),
  }),
  available: gauge({
    name: 'tureen_room_peer_available_outgoing_bytes_per_second',
    help: 'Bandwidth to the peer, as the bandwidth estimation of its receiving transport sees it.',
    unit: 'bytes per second',
    source: 'sample',
    labels: anyOf('peer', 'id'),
  }),
  bitrate: ofStream('bitrate_bytes_per_second', 'Bytes a second of the stream.', 'bytes per second'),
  lossRatio: ofStream('loss_ratio', 'Share of packets lost between the last two reports.', 'ratio'),
  jitter: ofStream('jitter_seconds', 'Interarrival jitter.', 'seconds'),
  roundTrip: ofStream('round_trip_seconds', 'Round trip time; 0 before it is known.', 'seconds'),
  score: ofStream('score', "mediasoup's score, 0 to 10.", 'score'),
  packets: ofStream('packets', 'Packets since the stream began.'),
  packetsLost: ofStream('packets_lost', 'Packets lost since the stream began.'),
  leftOut: gauge({
    name: 'tureen_room_streams_left_out',
    help: `Streams that the page does not show, for it shows ${mostStreams} at most.`,
    source: 'state',
  }),
} as const;

/**
 * The page of one room: its peers, producers and consumers with their ids as labels, asked of the workers now, in the
 * way of a multi-target exporter. Nobody pays for it until somebody looks. @throws SfuError not_found
 */
export async function roomPage(sfu: Node, roomId: string): Promise<string> {
  const page = new Page(Object.values(roomMetrics));
  const { peers } = sfu.read.room(roomId);
  for (const { id: peer, displayName: name, state, worker } of peers)
    page.set(roomMetrics.peer, 1, { peer, name, state, worker: String(worker ?? 'none') });
  const tracks = peers.flatMap((peer) => tracksOf(sfu, peer));
  page.set(roomMetrics.leftOut, Math.max(0, tracks.length - mostStreams));
  await inSlices(tracks.slice(0, mostStreams), (track) => askTrack(page, track));
  await inSlices(peers, (peer) => askBandwidth(page, sfu, peer));
  return await page.text();
}

/** Asks the workers for so many at once. */
async function inSlices<T>(all: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += sliceSize)
    await Promise.all(all.slice(at, at + sliceSize).map(ask));
}

function tracksOf({ media }: Node, { producers, consumers }: PeerSnapshot): Track[] {
  return [...producers, ...consumers].flatMap(({ id }) => {
    const object = media.find(id);
    return object?.object === 'producer' || object?.object === 'consumer' ? [object] : [];
  });
}

async function askTrack(page: Page, { object: side, peerId: peer, id, ...track }: Track): Promise<void> {
  const { kind, codec, clockRate } = track.state().coding;
  const own = side === 'producer' ? 'inbound-rtp' : 'outbound-rtp';
  // What ended meanwhile is not on the page.
  for (const stat of await track.statistics().catch(() => [])) {
    if (stat.type !== own) continue;
    const series = { peer, id, side, kind, codec, ssrc: String(stat.ssrc) };
    page.set(roomMetrics.bitrate, stat.bitrate / 8, series);
    page.set(roomMetrics.lossRatio, stat.fractionLost / 256, series);
    page.set(roomMetrics.jitter, stat.jitter / clockRate, series);
    page.set(roomMetrics.roundTrip, (stat.roundTripTime ?? 0) / 1000, series);
    page.set(roomMetrics.score, stat.score, series);
    page.set(roomMetrics.packets, stat.packetCount, series);
    page.set(roomMetrics.packetsLost, stat.packetsLost, series);
  }
}

async function askBandwidth(
  page: Page,
  { media }: Node,
  { id: peer, transports }: PeerSnapshot,
): Promise<void> {
  // A peer receives over the last transport that was opened for it.
  const receiving = transports.findLast(({ consuming }) => consuming);
  const transport = receiving && media.find(receiving.id);
  if (transport?.object !== 'transport') return;
  const [stat] = await transport.statistics().catch(() => []);
  if (stat?.availableOutgoingBitrate === undefined) return;
  page.set(roomMetrics.available, stat.availableOutgoingBitrate / 8, { peer, id: transport.id });
}
