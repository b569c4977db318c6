import type { Notification, NotificationData, PeerInfo } from './protocol.ts';
import { unknownQuality } from './quality.ts';
import { detailsOf, type RemotePeer, same } from './remote-peer.ts';

/** How many are in a call: everyone, ourselves too, and those of them who are counted and not listed. */
export type Turnout = Pick<NotificationData<'rosterChanged'>, 'count' | 'audience'>;

/**
 * The changes of a roster as the messages that tell of one peer each, so that all else has to know only those. Of ourselves
 * the server tells separately.
 */
export function separately(
  { left = [], joined = [], changed = [] }: NotificationData<'rosterChanged'>,
  { ownPeerId, peer }: { ownPeerId: string; peer: (id: string) => RemotePeer | undefined },
): Notification[] {
  const others = ({ peerId }: { peerId: string }) => peerId !== ownPeerId;
  return [
    ...left.filter(others).map((data): Notification => ({ method: 'peerLeft', data })),
    ...joined.filter(others).flatMap((info) => came(info, peer(info.id))),
    ...changed.filter(others).flatMap((info) => {
      const known = peer(info.id);
      return known ? differences(info, known) : came(info, known);
    }),
  ];
}

function came(info: PeerInfo, known: RemotePeer | undefined): Notification[] {
  const hand = handOf(info);
  const raised = hand.raisedAt !== null && !known?.handRaisedAt;
  return [
    { method: 'newPeer', data: info },
    ...(raised ? [{ method: 'peerHand', data: hand } as const] : []),
  ];
}

function differences(info: PeerInfo, known: RemotePeer): Notification[] {
  const { peerId, quality = unknownQuality } = info;
  const { displayName, metadata, attributes, away, unreachable } = detailsOf(info);
  const { displayName: oldDisplayName } = known;
  const hand = handOf(info);
  const told: Notification[] = [];
  if (displayName !== oldDisplayName)
    told.push({ method: 'peerDisplayNameChanged', data: { peerId, displayName, oldDisplayName } });
  if (!same(metadata, known.metadata))
    told.push({ method: 'peerMetadataChanged', data: { peerId, metadata } });
  if (!same(attributes, known.attributes))
    told.push({ method: 'peerAttributesChanged', data: { peerId, attributes } });
  if (hand.raisedAt !== known.handRaisedAt) told.push({ method: 'peerHand', data: hand });
  if (away !== known.away) told.push({ method: 'peerAway', data: { peerId, away } });
  if (!same(unreachable, known.unreachable))
    told.push({ method: 'peerUnreachable', data: { peerId, sources: unreachable } });
  // Who keeps it knows whether it changed.
  told.push({ method: 'peerQuality', data: { peerId, ...quality } });
  return told;
}

function handOf({ peerId, handRaisedAt }: PeerInfo): NotificationData<'peerHand'> {
  return { peerId, raisedAt: handRaisedAt ?? null };
}
