import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';

/** How long the last traces of a removed peer may take before it is said that some are left. */
const longestWait = 5000;

/** What is left of a peer that is being removed; empty when the removal is complete. */
export type Remains = readonly ('socket' | 'transports' | 'consumers')[];

/**
 * Removes a peer by `remove` and resolves when nothing of it is left: its socket is closed, its transports are closed,
 * and nobody in the room has a consumer of it. @returns what was left after `patience`
 * milliseconds (five seconds unless told), normally nothing
 */
export async function removeCompletely(
  { events }: Pick<Sfu, 'events'>,
  target: { room: Room; peer: Peer; patience?: number },
  remove: () => void,
): Promise<Remains> {
  const { room, peer, patience = longestWait } = target;
  const remains = (): Remains => [
    ...(peer.link.open ? (['socket'] as const) : []),
    ...(peer.transports.size === 0 ? [] : (['transports'] as const)),
    ...(isReceived(room, peer) ? (['consumers'] as const) : []),
  ];
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => remains().length === 0 && resolve();
  const stops = [
    events.on('socketClosed', look),
    events.on('consumerClosed', look),
    events.on('dataConsumerClosed', look),
    events.on('transportClosed', look),
  ];
  const timer = setTimeout(resolve, patience);
  try {
    remove();
    look();
    await promise;
    return remains();
  } finally {
    clearTimeout(timer);
    for (const stop of stops) stop();
  }
}

function isReceived(room: Room, peer: Peer): boolean {
  return [...room.peers.values()].some(
    (other) =>
      [...other.subscriptions.values()].some(({ publication }) => publication.peer === peer) ||
      [...other.dataSubscriptions.values()].some(({ publication }) => publication.peer === peer),
  );
}
