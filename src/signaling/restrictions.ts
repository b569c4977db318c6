import type { Grants } from '../core/grants.ts';
import type { SfuBus } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { NotificationData } from './messages.ts';
import type { Notifier } from './notifier.ts';

type Restrictions = NotificationData<'peerRestrictions'>;

/** Keeps moderators informed of what others may not do, also by the hand of another moderator. */
export function followRestrictions(events: SfuBus, notify: Notifier, rooms: ReadonlyMap<string, Room>) {
  const tell = ({ roomId, peerId }: { roomId: string; peerId: string }) => {
    const room = rooms.get(roomId);
    const peer = room?.peers.get(peerId);
    if (!room || !peer?.joined || peer.hidden) return;
    notify.some(roomId, 'peerRestrictions', describe(room, peer), moderates);
  };
  const joined = (who: { roomId: string; peerId: string }) => {
    const room = rooms.get(who.roomId);
    const peer = room?.peers.get(who.peerId);
    if (!room || !peer) return;
    if (isRestricted(describe(room, peer))) tell(who);
    if (!moderates(peer)) return;
    for (const other of room.joinedPeers) {
      if (other === peer || other.hidden) continue;
      const restrictions = describe(room, other);
      if (isRestricted(restrictions)) notify.one(who, 'peerRestrictions', restrictions);
    }
  };
  return [
    events.on('producerPaused', ({ by, ...who }) => by.kind !== 'peer' && tell(who)),
    events.on('producerAllowed', tell),
    events.on('peerPermissionsChanged', tell),
    events.on('peerJoined', joined),
    events.on('peerRejoined', joined),
  ];
}

function moderates({ identity }: Peer): boolean {
  return identity.grants.moderate;
}

function describe(room: Room, { id, identity, publish }: Peer): Restrictions {
  return {
    peerId: id,
    publish: typeof publish === 'boolean' ? publish : [...publish],
    stopped: !sameSources(publish, identity.grants.publish),
    muted: room.restrictions.mutedSources(identity.subject),
  };
}

function sameSources(one: Grants['publish'], other: Grants['publish']): boolean {
  if (typeof one === 'boolean' || typeof other === 'boolean') return one === other;
  return one.length === other.length && one.every((source) => other.includes(source));
}

function isRestricted({ publish, muted }: Restrictions): boolean {
  return publish !== true || muted.length > 0;
}
