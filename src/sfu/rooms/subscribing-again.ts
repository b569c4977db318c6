import { toSfuError } from '../../core/errors.ts';
import { mediaCall } from '../media/media-call.ts';
import type { Peer, Subscription } from './peer.ts';
import type { Publication } from './publication.ts';
import type { Room } from './room.ts';
import { type SubscribeOptions, subscribe } from './subscribing.ts';

/** Of one receiver. */
const maxLost = 256;

/**
 * As subscribe, for a receiver of RTP without WebRTC, which nobody can offer anything: when the media is lost between
 * two nodes, it gets it over the same transport as soon as it comes again, under another SSRC, as RTP allows at any time
 * (RFC 3550, section 8.2).
 */
export async function subscribeForGood(
  room: Room,
  peer: Peer,
  publication: Publication,
  options: SubscribeOptions,
): Promise<Subscription> {
  const entry =
    options.transportId === undefined ? peer.consumingTransport() : peer.transport(options.transportId);
  // The client of WebRTC, and the router at the other end of a pipe, know the stream by its SSRC and have to ask again.
  if (entry?.type !== 'plain') return await subscribe(room, peer, publication, options);
  const transportId = entry.transport.id;
  const onLost = (lost: Subscription) => {
    if (!peer.closed) room.attendance.lostMedia.add(peer);
    keepLost(peer, publication.info.id, (back) => {
      if (entry.transport.closed) return;
      subscribeAgain(room, back, { lost, options: { ...options, transportId } }).catch((error: unknown) =>
        room.log.warn('what was lost between nodes is not received again', {
          ...{ peerId: peer.id, producerId: back.info.id, error: toSfuError(error) },
        }),
      );
    });
  };
  return await subscribe(room, peer, publication, { ...options, transportId, onLost });
}

/** A publication of another node comes again: those get it who had it before and are offered nothing. */
export function resumeLost(room: Room, publication: Publication): void {
  for (const { joined, passage, lost } of room.attendance.lostMedia)
    if (joined && !passage) lost.get(publication.info.id)?.(publication);
}

/** The oldest is forgotten: a node that was lost may never come back. */
function keepLost({ lost }: Peer, id: string, again: (publication: Publication) => void): void {
  lost.delete(id);
  lost.set(id, again);
  const [oldest] = lost.keys();
  if (lost.size > maxLost && oldest !== undefined) lost.delete(oldest);
}

async function subscribeAgain(
  room: Room,
  publication: Publication,
  { lost: { peer, consumer, held: paused }, options }: { lost: Subscription; options: SubscribeOptions },
): Promise<void> {
  const { id } = publication.info;
  // It may have asked by itself, or be about to get it.
  if (peer.receiving.has(id)) return;
  const { preferredLayers } = consumer;
  const { consumer: next } = await subscribeForGood(room, peer, publication, { ...options, paused });
  if (!next.closed) peer.lost.delete(id);
  if (peer.lost.size === 0) room.attendance.lostMedia.delete(peer);
  if (preferredLayers)
    await mediaCall(next, 'preferring layers', () => next.setPreferredLayers(preferredLayers));
}
