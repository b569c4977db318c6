import type { ReadModel } from '../src/sfu/rooms/read-model.ts';
import type { Follower } from './sampler/follower.ts';
import type { Sampler } from './sampler/sampler.ts';
import type { StreamStatistics } from './stream-totals.ts';

/** How good a track was when it was last sampled. */
export interface Quality {
  readonly lossRatio: number;
  /** Left out while it is not known. */
  readonly roundTripSeconds?: number;
  /** mediasoup's score, 0 to 10. */
  readonly score: number;
}

/** How bad a room is: the mean over its streams that flow; null where nothing is known. */
export interface RoomQuality {
  readonly roomId: string;
  readonly peers: number;
  readonly streams: number;
  readonly lossRatio: number | null;
  readonly roundTripSeconds: number | null;
  readonly score: number | null;
}

/** The worst rooms first, by each measure. */
export interface TopRooms {
  readonly byLoss: readonly RoomQuality[];
  readonly byRoundTrip: readonly RoomQuality[];
  readonly byScore: readonly RoomQuality[];
}

/** How good the tracks of each room are that flow. */
export class Qualities {
  readonly #rooms = new Map<string, Set<Track>>();

  /** Follows every producer and consumer. */
  follow(sampler: Pick<Sampler, 'follow'>, onError: (error: unknown) => void): void {
    sampler.follow('producer', { start: ({ roomId }) => this.#track(roomId, 'inbound-rtp'), onError });
    sampler.follow('consumer', { start: ({ roomId }) => this.#track(roomId, 'outbound-rtp'), onError });
  }

  of(roomId: string): Quality[] {
    const tracks = this.#rooms.get(roomId) ?? [];
    return [...tracks].flatMap(({ quality }) => quality ?? []);
  }

  #track(roomId: string, own: StreamStatistics['type']): Follower<'producer' | 'consumer'> {
    const track: Track = {};
    const tracks = this.#rooms.get(roomId) ?? new Set();
    this.#rooms.set(roomId, tracks.add(track));
    return {
      sample(statistics) {
        const flowing = statistics.filter(({ type, bitrate }) => type === own && bitrate > 0);
        track.quality = flowing.length === 0 ? undefined : worstOf(flowing);
      },
      closed: () => {
        tracks.delete(track);
        if (tracks.size === 0 && this.#rooms.get(roomId) === tracks) this.#rooms.delete(roomId);
      },
    };
  }
}

interface Track {
  quality?: Quality;
}

function worstOf(streams: readonly StreamStatistics[]): Quality {
  const roundTrip = Math.max(...streams.map(({ roundTripTime = 0 }) => roundTripTime));
  return {
    lossRatio: Math.max(...streams.map(({ fractionLost }) => fractionLost)) / 256,
    score: Math.min(...streams.map(({ score }) => score)),
    ...(roundTrip > 0 && { roundTripSeconds: roundTrip / 1000 }),
  };
}

const most = 10;

/** Lists the worst rooms from what the sampler saw last; no worker is asked. */
export function topRooms(
  read: Pick<ReadModel, 'roomIds' | 'peerIds'>,
  qualities: Pick<Qualities, 'of'>,
): TopRooms {
  const all = read
    .roomIds()
    .map((roomId) => meanOf(roomId, read.peerIds(roomId).length, qualities.of(roomId)));
  const worst = (badness: (room: RoomQuality) => number | null) =>
    all
      .filter((room) => badness(room) !== null)
      .sort((a, b) => (badness(b) ?? 0) - (badness(a) ?? 0))
      .slice(0, most);
  return {
    byLoss: worst(({ lossRatio }) => lossRatio),
    byRoundTrip: worst(({ roundTripSeconds }) => roundTripSeconds),
    byScore: worst(({ score }) => (score === null ? null : -score)),
  };
}

function meanOf(roomId: string, peers: number, tracks: readonly Quality[]): RoomQuality {
  return {
    roomId,
    peers,
    streams: tracks.length,
    lossRatio: mean(tracks.map(({ lossRatio }) => lossRatio)),
    roundTripSeconds: mean(tracks.map(({ roundTripSeconds }) => roundTripSeconds)),
    score: mean(tracks.map(({ score }) => score)),
  };
}

function mean(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
