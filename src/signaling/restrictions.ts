import type { SfuBus } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { NotificationData } from './messages.ts';
import type { Notifier, Who } from './notifier.ts';

type PeerRestrictions = NotificationData<'peerRestrictions'>;

export interface RestrictionsOptions {
  readonly events: SfuBus;
  /** What happens on other nodes. */
  readonly remoteEvents: RemoteBus;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly notify: Notifier;
}

/**
 * Keeps moderators informed of what others may not do, on whatever node, also by the hand of another moderator. Of the
 * audience, who may not do anything, they are told nothing.
 */
export class Restrictions {
  constructor(private readonly options: RestrictionsOptions) {}

  /** Moderators learned of these peers just now, and of nothing that they may not do. */
  tellOf(room: Room, peers: readonly (Peer | RemotePeer)[]): void {
    for (const peer of peers) if (isRestricted(describe(room, peer))) this.#tell(room, peer);
  }

  /** @returns what ends it */
  follow(): (() => void)[] {
    const { events, remoteEvents, rooms } = this.options;
    const here = ({ roomId, peerId }: Who) => {
      const room = rooms.get(roomId);
      if (room) this.#tell(room, room.peers.get(peerId));
    };
    const elsewhere = ({ roomId, peerId }: Who) => {
      const room = rooms.get(roomId);
      if (room) this.#tell(room, room.mesh?.roster.peers.get(peerId));
    };
    const joined = (who: Who) => {
      const room = rooms.get(who.roomId);
      const peer = room?.peers.get(who.peerId);
      if (room && peer?.identity.grants.moderate) this.#tellModerator(room, peer);
    };
    return [
      events.on('producerPaused', ({ by, ...who }) => by.kind !== 'peer' && here(who)),
      events.on('producerAllowed', here),
      events.on('peerPermissionsChanged', here),
      events.on('peerJoined', joined),
      events.on('peerRejoined', joined),
      events.on('peerMovedHere', joined),
      remoteEvents.on('remotePeerRestricted', elsewhere),
    ];
  }

  #tellModerator(room: Room, moderator: Peer): void {
    for (const other of room.othersOf(moderator)) {
      const restrictions = describe(room, other);
      if (isRestricted(restrictions))
        this.options.notify.one(moderator.ref, 'peerRestrictions', restrictions);
    }
  }

  #tell(room: Room, peer: Peer | RemotePeer | undefined): void {
    if (!peer?.joined || peer.hidden || peer.standing !== 'listed') return;
    this.options.notify.group(room.id, 'moderators', 'peerRestrictions', describe(room, peer));
  }
}

function describe(room: Room, peer: Peer | RemotePeer): PeerRestrictions {
  const { id, publish, stopped } = peer;
  const { subject } = 'share' in peer ? peer.share : peer.identity;
  return {
    peerId: id,
    publish: typeof publish === 'boolean' ? publish : [...publish],
    stopped,
    muted: room.restrictions.mutedSources(subject),
  };
}

function isRestricted({ publish, muted }: PeerRestrictions): boolean {
  return publish !== true || muted.length > 0;
}
