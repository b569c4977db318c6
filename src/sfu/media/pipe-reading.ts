import type { types } from 'mediasoup';
import type { MeasuredPipe } from './outgoing-pipes.ts';

/** One stream on a pipe: a layer of simulcast has one of its own. */
export interface PipedStream {
  /** The same for every reading of it. */
  readonly id: string;
  readonly packets: number;
  /** Since its start; it goes down when packets come late. */
  readonly lost: number;
  /** In milliseconds, by RTCP, as the sending side knows it; undefined before the first report. */
  readonly roundTrip: number | undefined;
}

/** While a track flows, a packet comes within so many milliseconds, also with pauses in speech (DTX). */
const mediaMs = 1000;
/** So often, at least, mediasoup reports on what it receives: each second for pictures, each five for sound, not exactly. */
const reportMs = { video: 2500, audio: 6000 };

/**
 * Within how many milliseconds something comes over a pipe from its other side, while that is there: media, or reports on
 * the media that goes there.
 * @returns undefined when nothing has to come
 */
export function expectedWithin(
  { tracks }: Pick<MeasuredPipe, 'tracks'>,
  direction: PipeReading['direction'],
): number | undefined {
  const flowing = tracks.filter(({ flows }) => flows);
  if (flowing.length === 0) return undefined;
  if (direction === 'in') return mediaMs;
  return Math.min(...flowing.map(({ kind }) => reportMs[kind]));
}

/** What a pipe carried. */
export interface PipeReading {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly bytes: number;
  readonly streams: readonly PipedStream[];
}

/** @returns nothing for a pipe that ends at this moment */
export async function readPipe(
  { id, transport, tracks }: MeasuredPipe,
  direction: PipeReading['direction'],
): Promise<PipeReading[]> {
  const [[stat], streams] = await Promise.all([
    transport.getStats().catch(() => []),
    Promise.all(tracks.map((track) => readTrack(track, direction))),
  ]);
  if (!stat) return [];
  const bytes = direction === 'in' ? stat.bytesReceived : stat.bytesSent;
  return [{ id, direction, bytes, streams: streams.flat() }];
}

async function readTrack(
  track: MeasuredPipe['tracks'][number],
  direction: PipeReading['direction'],
): Promise<PipedStream[]> {
  const statistics = await track.statistics().catch((): (types.ProducerStat | types.ConsumerStat)[] => []);
  const own = direction === 'in' ? 'inbound-rtp' : 'outbound-rtp';
  return statistics
    .filter(({ type }) => type === own)
    .map(({ ssrc, packetCount, packetsLost, roundTripTime }) => ({
      id: String(ssrc),
      packets: packetCount,
      lost: packetsLost,
      roundTrip: roundTripTime || undefined,
    }));
}
