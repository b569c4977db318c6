import type { types } from 'mediasoup';
import { codecOf } from '../src/sfu/media/codecs.ts';
import type { Peer } from '../src/sfu/rooms/peer.ts';
import type { Room } from '../src/sfu/rooms/room.ts';
import { type Gauge, gauge, type LabelSet, type Labels } from './definitions/define.ts';
import { Page } from './page.ts';
import { sliceSize } from './sampler/lane.ts';

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

interface Question {
  readonly labels: Labels;
  readonly clockRate: number;
  readonly ask: () => Promise<readonly (types.ProducerStat | types.ConsumerStat)[]>;
}

/**
 * The page of one room: its peers, producers and consumers with their ids as labels, asked of the workers now, in the
 * way of a multi-target exporter. Nobody pays for it until somebody looks.
 */
export async function roomPage(room: Room): Promise<string> {
  const page = new Page(Object.values(roomMetrics));
  const peers = [...room.peers.values()];
  for (const peer of peers) page.set(roomMetrics.peer, 1, describe(peer));
  const questions = peers.flatMap(questionsOf);
  page.set(roomMetrics.leftOut, Math.max(0, questions.length - mostStreams));
  const shown = questions.slice(0, mostStreams);
  for (let at = 0; at < shown.length; at += sliceSize) {
    await Promise.all(shown.slice(at, at + sliceSize).map((question) => answer(page, question)));
  }
  for (let at = 0; at < peers.length; at += sliceSize) {
    await Promise.all(peers.slice(at, at + sliceSize).map((peer) => askBandwidth(page, peer)));
  }
  return await page.text();
}

function describe(peer: Peer): Labels {
  const { id, displayName, state, router } = peer;
  return { peer: id, name: displayName, state: state.name, worker: String(router?.live.index ?? 'none') };
}

function questionsOf(peer: Peer): Question[] {
  const question = (side: string, object: types.Producer | types.Consumer): Question => {
    const { id, kind, rtpParameters } = object;
    return {
      labels: { peer: peer.id, id, side, kind, codec: codecOf(rtpParameters) },
      clockRate: rtpParameters.codecs[0]?.clockRate ?? 90_000,
      ask: () => object.getStats() as Promise<readonly (types.ProducerStat | types.ConsumerStat)[]>,
    };
  };
  return [
    ...[...peer.publications.values()].map(({ producer }) => question('producer', producer)),
    ...[...peer.subscriptions.values()].map(({ consumer }) => question('consumer', consumer)),
  ];
}

async function answer(page: Page, { labels, clockRate, ask }: Question): Promise<void> {
  // What ended meanwhile is not on the page.
  const stats = await ask().catch(() => []);
  const own = labels.side === 'producer' ? 'inbound-rtp' : 'outbound-rtp';
  for (const stat of stats.filter(({ type }) => type === own)) {
    const series = { ...labels, ssrc: String(stat.ssrc) };
    page.set(roomMetrics.bitrate, stat.bitrate / 8, series);
    page.set(roomMetrics.lossRatio, stat.fractionLost / 256, series);
    page.set(roomMetrics.jitter, stat.jitter / clockRate, series);
    page.set(roomMetrics.roundTrip, (stat.roundTripTime ?? 0) / 1000, series);
    page.set(roomMetrics.score, stat.score, series);
    page.set(roomMetrics.packets, stat.packetCount, series);
    page.set(roomMetrics.packetsLost, stat.packetsLost, series);
  }
}

async function askBandwidth(page: Page, peer: Peer): Promise<void> {
  const entry = peer.consumingTransport();
  const [stat] = (await entry?.transport.getStats().catch(() => [])) ?? [];
  if (stat?.availableOutgoingBitrate === undefined) return;
  page.set(roomMetrics.available, stat.availableOutgoingBitrate / 8, { peer: peer.id, id: stat.transportId });
}
