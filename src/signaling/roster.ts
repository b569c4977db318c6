import type { Standing } from '../core/standing.ts';
import type { SfuBus } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { describePeer } from './describe.ts';
import type { NotificationData, NotificationName } from './messages.ts';
import type { Notifier, Who } from './notifier.ts';
import type { RosterFeed } from './roster-feed.ts';

export interface FollowRosterOptions {
  readonly events: SfuBus;
  /** What happens on other nodes. */
  readonly remoteEvents: RemoteBus;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly feed: RosterFeed;
}

/** One name of a message that tells of a single peer, with its data. */
type About<N extends NotificationName> = readonly [name: N, data: NotificationData<N>];

/**
 * Tells the others of a peer what concerns only its description: those who take the roster in batches by the feed, and
 * everyone else by a message of its own.
 */
export function followRoster({ events, remoteEvents, rooms, feed }: FollowRosterOptions, notify: Notifier) {
  const found = ({ roomId, peerId }: Who) => rooms.get(roomId)?.peers.get(peerId);

  const came = (who: Who & { readonly hidden: boolean }) => {
    const peer = found(who);
    if (!peer || who.hidden) return;
    if (peer.standing !== 'counted')
      notify.group(who.roomId, 'apart', 'newPeer', describePeer(peer), peer.id);
    if (peer.standing === 'listed') feed.joined(who.roomId, peer);
    else feed.counted(who.roomId);
  };
  const left = (
    { roomId, peerId }: Who,
    { reason, rejoining, standing }: { reason: string; rejoining: boolean; standing: Standing },
  ) => {
    if (standing !== 'counted') tellLeft(notify, { roomId, peerId }, { reason, rejoining });
    if (standing === 'listed') feed.left(roomId, peerId, reason);
    else feed.counted(roomId);
  };
  /** @param own what a peer is told of itself, where its client learns it only so */
  const changed = <N extends NotificationName>(
    peer: Peer | undefined,
    [name, data]: About<N>,
    { own }: { own: boolean },
  ) => {
    if (!peer || peer.hidden) return;
    if (own) notify.one({ roomId: peer.roomId, peerId: peer.id }, name, data);
    if (!peer.joined) return;
    if (peer.standing !== 'counted') notify.group(peer.roomId, 'apart', name, data, peer.id);
    if (peer.standing === 'listed') feed.changed(peer.roomId, peer);
  };
  const away = (who: Who, isAway: boolean) =>
    changed(found(who), ['peerAway', { peerId: who.peerId, away: isAway }], { own: false });

  return [
    events.on('peerJoined', came),
    events.on('peerRejoined', came),
    events.on('peerListed', ({ was, ...who }) => {
      const peer = found(who);
      if (!peer) return;
      if (was === 'counted') notify.group(who.roomId, 'apart', 'newPeer', describePeer(peer), peer.id);
      feed.joined(who.roomId, peer);
    }),
    events.on('peerLeft', ({ joined, hidden, ...who }) => {
      if (joined && !hidden) left(who, who);
      if (!rooms.get(who.roomId)?.peers.size) feed.forget(who.roomId);
    }),
    events.on('peerRejoin', ({ reason, joined, hidden, standing, ...who }) => {
      if (joined && !hidden) left(who, { reason: 'rejoin', rejoining: false, standing });
      notify.one(who, 'rejoin', { reason });
    }),
    events.on('peerAway', (who) => away(who, true)),
    events.on('peerBack', (who) => away(who, false)),
    events.on('peerRenamed', ({ peerId, displayName, oldDisplayName, ...who }) =>
      changed(
        found({ ...who, peerId }),
        ['peerDisplayNameChanged', { peerId, displayName, oldDisplayName }],
        { own: false },
      ),
    ),
    events.on('peerMetadataChanged', ({ metadata, ...who }) =>
      changed(found(who), ['peerMetadataChanged', { peerId: who.peerId, metadata }], { own: true }),
    ),
    events.on('peerAttributesChanged', ({ attributes, ...who }) =>
      changed(found(who), ['peerAttributesChanged', { peerId: who.peerId, attributes }], { own: true }),
    ),
    events.on('peerHand', ({ raisedAt, ...who }) =>
      changed(found(who), ['peerHand', { peerId: who.peerId, raisedAt }], { own: true }),
    ),
    events.on('peerQuality', ({ quality, ...who }) =>
      changed(found(who), ['peerQuality', { peerId: who.peerId, ...quality }], { own: true }),
    ),
    events.on('peerMessage', ({ from, message, ...who }) => {
      // Who gets it has to know who wrote it.
      feed.publishes(who.roomId, from);
      notify.one(who, 'peerMessage', { peerId: from, message });
    }),
    events.on('producerOpened', ({ roomId, peerId }) => feed.publishes(roomId, peerId)),
    events.on('dataProducerOpened', ({ roomId, peerId }) => feed.publishes(roomId, peerId)),
    ...followOtherNodes(remoteEvents, { notify, rooms, feed }),
  ];
}

/** As if it had happened here: of peers on other nodes only those are known that are listed. */
function followOtherNodes(
  events: RemoteBus,
  { notify, rooms, feed }: Pick<FollowRosterOptions, 'rooms' | 'feed'> & { notify: Notifier },
) {
  const found = ({ roomId, peerId }: Who) => rooms.get(roomId)?.mesh?.roster.peers.get(peerId);
  const changed = <N extends NotificationName>(who: Who, [name, data]: About<N>) => {
    const peer = found(who);
    if (!peer?.joined || peer.hidden) return;
    if (peer.standing !== 'counted') notify.group(who.roomId, 'apart', name, data);
    if (peer.standing === 'listed') feed.changed(who.roomId, peer);
  };
  return [
    events.on('remotePeerJoined', ({ hidden, ...who }) => {
      const peer = found(who);
      if (!peer || hidden) return;
      if (peer.standing !== 'counted') notify.group(who.roomId, 'apart', 'newPeer', describePeer(peer));
      if (peer.standing === 'listed') feed.joined(who.roomId, peer);
      else feed.counted(who.roomId);
    }),
    events.on('remotePeerListed', ({ was, hidden, ...who }) => {
      const peer = found(who);
      if (!peer || hidden) return;
      if (was === 'counted') notify.group(who.roomId, 'apart', 'newPeer', describePeer(peer));
      feed.joined(who.roomId, peer);
    }),
    events.on('remotePeerLeft', ({ reason, joined, rejoining, hidden, standing, roomId, peerId }) => {
      if (!joined || hidden) return;
      if (standing !== 'counted') tellLeft(notify, { roomId, peerId }, { reason, rejoining });
      if (standing === 'listed') feed.left(roomId, peerId, reason);
      else feed.counted(roomId);
    }),
    events.on('remotePeerRenamed', ({ peerId, displayName, oldDisplayName, roomId }) =>
      changed({ roomId, peerId }, ['peerDisplayNameChanged', { peerId, displayName, oldDisplayName }]),
    ),
    events.on('remotePeerMetadata', ({ peerId, metadata, roomId }) =>
      changed({ roomId, peerId }, ['peerMetadataChanged', { peerId, metadata }]),
    ),
    events.on('remotePeerAttributes', ({ peerId, attributes, roomId }) =>
      changed({ roomId, peerId }, ['peerAttributesChanged', { peerId, attributes }]),
    ),
    events.on('remotePeerAway', ({ peerId, away, roomId }) =>
      changed({ roomId, peerId }, ['peerAway', { peerId, away }]),
    ),
    events.on('remotePeerHand', ({ peerId, raisedAt, roomId }) =>
      changed({ roomId, peerId }, ['peerHand', { peerId, raisedAt }]),
    ),
    events.on('remotePeerQuality', ({ peerId, quality, roomId }) =>
      changed({ roomId, peerId }, ['peerQuality', { peerId, ...quality }]),
    ),
    events.on('remoteProducerOpened', ({ roomId, peerId }) => feed.publishes(roomId, peerId)),
    events.on('remoteDataProducerOpened', ({ roomId, peerId }) => feed.publishes(roomId, peerId)),
  ];
}

/** Clients that know only peerClosed do not wait for a peer that rejoins, and forgot it then. */
function tellLeft(
  notify: Notifier,
  { roomId, peerId }: Who,
  { reason, rejoining }: { reason: string; rejoining: boolean },
): void {
  if (!rejoining) notify.group(roomId, 'apart', 'peerClosed', { peerId, reason }, peerId);
  notify.group(roomId, 'apart', 'peerLeft', { peerId, reason }, peerId);
}
