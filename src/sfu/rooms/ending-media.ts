import type { MediaIndex } from './media-index.ts';

/** Tells those who measure what is about to end: with a transport or a producer the worker closes much more. */

interface Named {
  readonly id: string;
}
interface Carried {
  readonly transportId: string;
}
interface Sent extends Carried {
  readonly producer: Named;
  readonly receivers: Iterable<{ readonly peer: { readonly media: MediaIndex }; readonly consumer: Named }>;
}
interface Carrier {
  readonly media: MediaIndex;
  readonly publications: ReadonlyMap<string, Sent>;
  readonly subscriptions: ReadonlyMap<string, Carried & { readonly consumer: Named }>;
  readonly dataPublications: ReadonlyMap<string, Carried & { readonly dataProducer: Named }>;
  readonly dataSubscriptions: ReadonlyMap<string, Carried & { readonly dataConsumer: Named }>;
}

/** A producer is about to be closed, and all that consume it. */
export function announceProducerEnd(media: MediaIndex, { producer, receivers }: Sent): void {
  media.ending(producer.id);
  for (const { peer, consumer } of receivers) peer.media.ending(consumer.id);
}

/** A transport is about to be closed, and all that it carries. */
export function announceTransportEnd(peer: Carrier, id: string): void {
  const { media } = peer;
  const carried = ({ transportId }: Carried) => transportId === id;
  media.ending(id);
  for (const publication of peer.publications.values())
    if (carried(publication)) announceProducerEnd(media, publication);
  for (const subscription of peer.subscriptions.values())
    if (carried(subscription)) media.ending(subscription.consumer.id);
  for (const publication of peer.dataPublications.values())
    if (carried(publication)) media.ending(publication.dataProducer.id);
  for (const subscription of peer.dataSubscriptions.values())
    if (carried(subscription)) media.ending(subscription.dataConsumer.id);
}
