import { expectedCost } from '../media/costs.ts';
import type { RoomRoutersOptions } from '../media/routers.ts';
import type { Publication } from './publication.ts';
import type { RoomContext } from './room-context.ts';

interface Place {
  readonly context: RoomContext;
  readonly publications: readonly Publication[];
}

/** A client shows no more tracks than so many at once, however many there are. */
const maxExpected = 10;

/** How much of a room one worker carries. What a peer that comes will receive is guessed from what is published now. */
export function limitsOfWorkers(
  room: Place,
): Pick<RoomRoutersOptions, 'bitratePerWorker' | 'consumersPerWorker' | 'expected' | 'clock'> {
  const { settings, clock } = room.context;
  return {
    clock,
    bitratePerWorker: () => settings.roomMbpsPerWorker * 1_000_000,
    consumersPerWorker: () => settings.roomConsumersPerWorker,
    expected: () => {
      const heard = room.publications.filter(({ info }) => info.pausedBy.size === 0);
      return expectedCost(heard.slice(0, maxExpected).map(({ info }) => info.kind));
    },
  };
}
