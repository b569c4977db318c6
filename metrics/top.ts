import type { Room } from '../src/sfu/rooms/room.ts';
import type { Census } from './sampler/census.ts';
import type { Quality } from './sampler/subject.ts';

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

const most = 10;

/** Lists the worst rooms from what the sampler saw last; nobody is asked. */
export function topRooms(rooms: Iterable<Room>, census: Pick<Census, 'find'>): TopRooms {
  const all = [...rooms].map((room) => qualityOf(room, census));
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

function qualityOf(room: Room, census: Pick<Census, 'find'>): RoomQuality {
  const qualities: Quality[] = [];
  for (const { publications, subscriptions } of room.peers.values()) {
    for (const id of [...publications.keys(), ...subscriptions.keys()]) {
      const quality = census.find(id)?.quality;
      if (quality?.score !== undefined) qualities.push(quality);
    }
  }
  return {
    roomId: room.id,
    peers: room.peers.size,
    streams: qualities.length,
    lossRatio: mean(qualities.map(({ lossRatio }) => lossRatio)),
    roundTripSeconds: mean(qualities.map(({ roundTripSeconds }) => roundTripSeconds)),
    score: mean(qualities.map(({ score }) => score)),
  };
}

function mean(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
