import type { NotificationName } from './messages.ts';

/**
 * The clients that exist, by what they know of this protocol:
 *
 * - `native`: said so when it connected. Our library, and whatever else is made after docs/protocol.md.
 * - `first`: the JavaScript application of the mediasoup demo and what comes from it (libmediasoupclient, mobile apps).
 * - `rewrite`: its TypeScript rewrites.
 * - `unknown`: none of its messages has shown yet which of the two it is.
 */
export type Generation = 'unknown' | 'first' | 'rewrite' | 'native';

/** What every client knows, and what it is sent only because it asked for it. */
const common: readonly NotificationName[] = [
  'newPeer',
  'peerClosed',
  'peerDisplayNameChanged',
  'producerScore',
  'consumerScore',
  'consumerPaused',
  'consumerResumed',
  'consumerClosed',
  'consumerLayersChanged',
  'dataConsumerClosed',
  'activeSpeaker',
  'downlinkBwe',
  'newProducer',
  'producerGone',
];

const known: Readonly<Record<Exclude<Generation, 'native'>, ReadonlySet<NotificationName>>> = {
  unknown: new Set(common),
  first: new Set([...common, 'mediasoup-version']),
  rewrite: new Set([...common, 'mediasoupVersion', 'speakingPeers']),
};

/**
 * Whether a client knows a notification. The applications write an error into their log for each one that they do not
 * know, and otherwise ignore it: nothing on which a call depends may be sent to them that way.
 */
export function knows(generation: Generation, name: NotificationName): boolean {
  // The other name of mediasoupVersion, which only the first generation reads.
  if (generation === 'native') return name !== 'mediasoup-version';
  return known[generation].has(name);
}
