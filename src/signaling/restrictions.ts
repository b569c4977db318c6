import type { SfuBus } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { NotificationData } from './messages.ts';
import type { Notifier, Who } from './notifier.ts';

type Restrictions = NotificationData<'peerRestrictions'>;

export interface FollowRestrictionsOptions {
  readonly events: SfuBus;
  /** What happens on other nodes. */
  readonly remoteEvents: RemoteBus;
  readonly rooms: ReadonlyMap<string, Room>;
}

/** Keeps moderators informed of what others may not do, on whatever node, also by the hand of another moderator. */
export function followRestrictions(
  { events, remoteEvents, rooms }: FollowRestrictionsOptions,
  notify: Notifier,
) {
  const tell = (room: Room, peer: Peer | RemotePeer | undefined) => {
    if (!peer?.joined || peer.hidden) return;
    notify.some(room.id, 'peerRestrictions', describe(room, peer), moderates);
  };
  const here = ({ roomId, peerId }: Who) => {
    const room = rooms.get(roomId);
    if (room) tell(room, room.peers.get(peerId));
  };
  const elsewhere = ({ roomId, peerId }: Who) => {
    const room = rooms.get(roomId);
    if (room) tell(room, room.mesh?.roster.peers.get(peerId));
  };
  const joined = (who: Who) => {
    const room = rooms.get(who.roomId);
    const peer = room?.peers.get(who.peerId);
    if (!room || !peer) return;
    if (isRestricted(describe(room, peer))) tell(room, peer);
    if (!moderates(peer)) return;
    for (const other of room.othersOf(peer)) {
      const restrictions = describe(room, other);
      if (isRestricted(restrictions)) notify.one(who, 'peerRestrictions', restrictions);
    }
  };
  const joinedElsewhere = (who: Who) => {
    const room = rooms.get(who.roomId);
    const peer = room?.mesh?.roster.peers.get(who.peerId);
    if (room && peer && isRestricted(describe(room, peer))) tell(room, peer);
  };
  return [
    events.on('producerPaused', ({ by, ...who }) => by.kind !== 'peer' && here(who)),
    events.on('producerAllowed', here),
    events.on('peerPermissionsChanged', here),
    events.on('peerJoined', joined),
    events.on('peerRejoined', joined),
    remoteEvents.on('remotePeerRestricted', elsewhere),
    remoteEvents.on('remotePeerJoined', joinedElsewhere),
  ];
}

function moderates({ identity }: Peer): boolean {
  return identity.grants.moderate;
}

function describe(room: Room, peer: Peer | RemotePeer): Restrictions {
  const { id, publish, stopped } = peer;
  const { subject } = 'share' in peer ? peer.share : peer.identity;
  return {
    peerId: id,
    publish: typeof publish === 'boolean' ? publish : [...publish],
    stopped,
    muted: room.restrictions.mutedSources(subject),
  };
}

function isRestricted({ publish, muted }: Restrictions): boolean {
  return publish !== true || muted.length > 0;
}
