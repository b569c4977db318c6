import { samePublish } from '../../core/grants.ts';
import { sameQuality, unknownQuality } from '../../core/quality.ts';
import type { RemoteBus } from '../remote-events.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { PeerShare } from './share.ts';

/** Tells what is different of a peer on another node, beside what it publishes. @param before what was said of it */
export function tellChanges(events: RemoteBus, peer: RemotePeer, before: PeerShare): void {
  const { displayName, metadata, attributes, handRaisedAt, publish, stopped, away, quality, hidden, ref } =
    peer;
  const { displayName: oldDisplayName, attributes: oldAttributes = {}, away: wasAway = false } = before;
  const { standing: was = 'listed' } = before;
  if (was !== peer.standing) events.emit('remotePeerListed', { ...ref, was, hidden });
  if (displayName !== oldDisplayName)
    events.emit('remotePeerRenamed', { ...ref, displayName, oldDisplayName, hidden });
  if (!Bun.deepEquals(metadata, before.metadata))
    events.emit('remotePeerMetadata', { ...ref, metadata, hidden });
  if (!Bun.deepEquals(attributes, oldAttributes))
    events.emit('remotePeerAttributes', { ...ref, attributes, hidden });
  if (handRaisedAt !== before.handRaisedAt) events.emit('remotePeerHand', { ...ref, raisedAt: handRaisedAt });
  if (stopped !== before.stopped || !samePublish(publish, before.publish))
    events.emit('remotePeerRestricted', ref);
  if (!sameQuality(quality, before.quality ?? unknownQuality))
    events.emit('remotePeerQuality', { ...ref, quality, hidden });
  if (away !== wasAway) events.emit('remotePeerAway', { ...ref, away, hidden });
}
