import type { types } from 'mediasoup';
import { deepFreeze } from '../../core/freeze.ts';

/**
 * mediasoup copies the consumable parameters of a producer at each reading, and reads them three times for each
 * consumer (3.27.1, node/lib/Producer.js and Transport.js).
 * Upstream: on purpose, so that nobody changes its state, https://github.com/versatica/mediasoup/pull/1811.
 * Without this and consumer-capabilities.ts making a consumer costs the server a quarter more processor time (0.42 ms
 * instead of 0.33, 3,000 consumers of a camera in a room of five codecs); without this alone also 1.4 kB a consumer.
 *
 * Lets all consumers of a producer read one frozen copy: mediasoup changes nothing in it, and a change would throw.
 */
export function shareConsumable(producer: types.Producer): void {
  Object.defineProperty(producer, 'consumableRtpParameters', {
    value: deepFreeze(producer.consumableRtpParameters),
  });
}
