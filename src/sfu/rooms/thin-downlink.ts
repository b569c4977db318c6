import type { Clock } from '../../core/clock.ts';
import { forgetSentPackets } from '../quirks/retransmissions.ts';
import type { Subscription } from './peer.ts';

/** The shortest time between two times that a picture went on to a smaller size and what was sent of it is forgotten. */
const apartMs = 10_000;
/** How often it is tried whether there is bandwidth again for a picture that is sent in no size. */
const retryMs = 3000;

type ThinSubscription = Pick<Subscription, 'consumer' | 'held'>;

/**
 * Follows the sizes that a receiver is sent of a picture. When its downlink takes a smaller one or none at all, what was sent
 * of the larger one is not sent again, which would take the bandwidth of all that is left; and one that is sent in no size is
 * tried again.
 */
export function followThinDownlink(subscription: ThinSubscription, clock: Clock): void {
  const { consumer } = subscription;
  let size: number | undefined;
  /** The worker says that it sends no size while it forgets, too. */
  let isForgetting = false;
  let forgotAt = Number.NEGATIVE_INFINITY;
  let cancelRetry: (() => void) | undefined;
  const forget = async () => {
    if (isForgetting || !isSent(subscription)) return;
    isForgetting = true;
    forgotAt = clock.elapsed();
    // It may end meanwhile.
    await forgetSentPackets(consumer).catch(() => {});
    // mediasoup passes on what the worker said before its answer a turn after that.
    await new Promise(setImmediate);
    isForgetting = false;
  };
  const retry = () => {
    void forget();
    cancelRetry = clock.after(retryMs, retry);
  };
  const stop = () => {
    cancelRetry?.();
    cancelRetry = undefined;
  };
  consumer.on('layerschange', (layers) => {
    const before = size;
    size = layers?.spatialLayer;
    if (size !== undefined) {
      stop();
      const isMissed = size < (consumer.preferredLayers?.spatialLayer ?? size);
      const isLess = before !== undefined && size < before;
      if (isMissed && isLess && clock.elapsed() - forgotAt > apartMs) void forget();
    } else if (before !== undefined && isSent(subscription)) {
      void forget();
      cancelRetry ??= clock.after(retryMs, retry);
    }
  });
  consumer.observer.once('close', stop);
}

/** Whether it should be sent, and its sender sends some size of it. */
function isSent({ held, consumer }: ThinSubscription): boolean {
  return !held && !consumer.producerPaused && consumer.score.producerScores.some((score) => score > 0);
}
