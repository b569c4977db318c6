import type { types } from 'mediasoup-client';
import { wait } from './backoff.ts';
import { entriesOf } from './statistics.ts';

/** How often the browser's statistics are read while something is waited for. */
const lookMs = 50;
/** What has not come by then is shown nevertheless: it may come any moment, and the other ends. */
const limitMs = 1000;

/** Of https://w3c.github.io/webrtc-stats/#inboundrtpstats-dict* */
interface InboundNumbers {
  readonly type: string;
  readonly packetsReceived?: number;
  readonly framesDecoded?: number;
  readonly jitterBufferEmittedCount?: number;
}

/**
 * Resolves when the browser has decoded something of what comes through a consumer, at the latest after a second. It decodes
 * what nothing plays, too.
 * @param unless looked at again and again: there is nothing to be waited for
 */
export async function untilRendered(consumer: types.Consumer, unless: () => boolean): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!unless() && !consumer.closed && performance.now() < deadline) {
    if (await isRendered(consumer)) return;
    await wait(lookMs);
  }
}

async function isRendered(consumer: types.Consumer): Promise<boolean> {
  try {
    const entries = entriesOf<InboundNumbers>(await consumer.getStats());
    return entries.some((entry) => entry.type === 'inbound-rtp' && decoded(entry) > 0);
  } catch {
    // It was closed meanwhile.
    return false;
  }
}

/** What decodes nothing, as a program without a screen, has at least received something. */
function decoded({ framesDecoded, jitterBufferEmittedCount, packetsReceived = 0 }: InboundNumbers): number {
  return framesDecoded ?? jitterBufferEmittedCount ?? packetsReceived;
}
