import type { Mesh } from '../cluster/mesh.ts';
import type { Clock } from '../core/clock.ts';
import { type EventStream, eventsLost } from '../public-events/stream.ts';

export interface ShareEventsOptions {
  readonly mesh: Mesh;
  readonly stream: EventStream;
  readonly clock: Clock;
  readonly ends: AsyncDisposableStack;
}

/** Programs that are connected to this node follow what happens on every one, and what happens here is told to the others. */
export function shareEvents({ mesh, stream, clock, ends }: ShareEventsOptions): void {
  const { events, presence } = mesh;
  let stopTelling: (() => void) | undefined;
  // While nobody elsewhere asks, events are only counted.
  const look = () => {
    if (events.isFollowed === (stopTelling !== undefined)) return;
    stopTelling?.();
    stopTelling = events.isFollowed
      ? stream.subscribe(({ number, type, time, roomId, sequence, data }) =>
          events.tell({ number, type, time, roomId, sequence, data: { ...data } }),
        )
      : undefined;
  };
  const stops = [presence.events.on('heard', look), presence.events.on('gone', look)];
  ends.defer(() => {
    for (const stop of [...stops, stopTelling]) stop?.();
  });
  const reader: Parameters<typeof events.follow>[0] = {
    told: (node, all) => {
      for (const { number: _, ...event } of all) stream.take({ ...event, node });
    },
    missed: (node) =>
      stream.take({ type: eventsLost, node, time: clock.now(), roomId: null, sequence: null, data: {} }),
  };
  // Who comes back after that asks for a position that is not good any more, and is told so.
  stream.onFollowed((followed) =>
    followed ? events.follow(reader) : events.unfollow(() => stream.forget()),
  );
}
