import type { types } from 'mediasoup';

/**
 * What a consumer costs its worker, in bits a second, from what is known without asking the worker: figures by kind and by the
 * layer that it forwards, kept up to date by events.
 */

/**
 * Opus takes 40 kbit/s with its headers and its share of RTCP (32 kbit/s, 50 packets a second). It counts as more, since a worker's
 * time goes by packets: a picture of half a megabit has as many.
 */
const audioBitrate = 100_000;
/** A picture that has one size only, and what of a size is not known. */
const videoBitrate = 1_000_000;
/** Of the sizes of a picture as the client library sends them (client/encodings.ts), the smallest first. */
const layerBitrates = [100_000, 500_000, 1_500_000];
/** A pipe carries all of them. */
const pipedVideoBitrate = layerBitrates.reduce((sum, bitrate) => sum + bitrate, 0);
/** Of one that is paused: nothing flows, but it may be resumed at any time. */
const pausedShare = 0.1;

/** What the consumers on one router cost together. */
export interface RouterCost {
  /** How many they are, the pipes to other routers among them. */
  consumers: number;
  bitrate: number;
  /** What those will cost whose peers were placed just now. It shrinks as they begin to receive. */
  reserved: number;
}

/** Follows what the consumers of a router cost, from its beginning. @param changed gets each difference of the bitrate */
export function followCosts(router: types.Router, changed: (difference: number) => void): RouterCost {
  const cost: RouterCost = { consumers: 0, bitrate: 0, reserved: 0 };
  const add = (difference: number) => {
    cost.bitrate += difference;
    if (difference > 0) cost.reserved = Math.max(0, cost.reserved - difference);
    changed(difference);
  };
  router.observer.on('newtransport', (transport) => {
    transport.observer.on('newconsumer', (consumer) => {
      cost.consumers += 1;
      consumer.observer.once('close', () => {
        cost.consumers -= 1;
      });
      follow(consumer, add);
    });
  });
  return cost;
}

/** What one more receiver is about to cost that gets all of these. */
export function expectedCost(kinds: readonly types.MediaKind[]): number {
  return kinds.reduce((sum, kind) => sum + (kind === 'audio' ? audioBitrate : videoBitrate), 0);
}

function follow(consumer: types.Consumer, add: (difference: number) => void): void {
  let cost = 0;
  const update = () => {
    const now = consumer.closed ? 0 : costOf(consumer);
    if (now !== cost) add(now - cost);
    cost = now;
  };
  update();
  const { observer } = consumer;
  observer.on('pause', update);
  observer.on('resume', update);
  observer.on('layerschange', update);
  observer.once('close', update);
}

function costOf({ kind, type, paused, producerPaused, currentLayers }: types.Consumer): number {
  if (paused || producerPaused) return pausedShare * (kind === 'audio' ? audioBitrate : videoBitrate);
  if (kind === 'audio') return audioBitrate;
  if (type === 'pipe') return pipedVideoBitrate;
  if (type === 'simple') return videoBitrate;
  // No layer fits, or none has come yet.
  return currentLayers ? (layerBitrates[currentLayers.spatialLayer] ?? videoBitrate) : 0;
}
