import type { SfuBus } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Connection } from './connection.ts';

type Connections = ReadonlyMap<Peer, Connection>;

/** The connections of those who are in one call, by what they are told. */
export interface CallGroups {
  /** They are told of the others together, and all of them are sent one text by their topic. */
  readonly together: Connections;
  /** They are told of each of the others by itself. */
  readonly apart: Connections;
  readonly moderators: Connections;
  /** They ask for what they receive, or for the videos at least. */
  readonly choosers: Connections;
}

export type GroupName = keyof CallGroups;

type Mutable = { readonly [N in GroupName]: Map<Peer, Connection> };

export interface GroupsOptions {
  readonly events: SfuBus;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly connectionOf: (peer: Peer) => Connection | undefined;
}

/** The topic of those who are told of the others together. */
export function topicOf(roomId: string): string {
  return `call:${roomId}`;
}

/** Keeps who is to be told what, so that a message for few does not look at everyone in its room. */
export class Groups {
  readonly #calls = new Map<string, Mutable>();
  readonly #bySession = new Map<string, Peer>();

  constructor(private readonly options: GroupsOptions) {}

  of(roomId: string): CallGroups | undefined {
    return this.#calls.get(roomId);
  }

  /** Follows who comes and goes. To be called before anybody else listens. @returns what ends it */
  follow(): (() => void)[] {
    const { events, rooms } = this.options;
    const came = ({ roomId, peerId }: { roomId: string; peerId: string }) => {
      const peer = rooms.get(roomId)?.peers.get(peerId);
      if (peer) this.#add(roomId, peer);
    };
    const went = ({ roomId, sessionId }: { roomId: string; sessionId: string }) =>
      this.#remove(roomId, sessionId);
    return [
      events.on('peerJoined', came),
      events.on('peerRejoined', came),
      events.on('peerMovedHere', came),
      events.on('peerMovedAway', went),
      events.on('peerRejoin', went),
      events.on('peerLeft', went),
    ];
  }

  #add(roomId: string, peer: Peer): void {
    const connection = this.options.connectionOf(peer);
    if (!connection || peer.state.name !== 'joined') return;
    const call = this.#calls.get(roomId) ?? newCall();
    this.#calls.set(roomId, call);
    this.#bySession.set(peer.sessionId, peer);
    if (connection.takesRoster) {
      call.together.set(peer, connection);
      connection.outlet.subscribe(topicOf(roomId));
    } else call.apart.set(peer, connection);
    if (peer.identity.grants.moderate) call.moderators.set(peer, connection);
    const { autoSubscribe, videoLimit } = peer.state;
    if (!autoSubscribe || videoLimit !== undefined) call.choosers.set(peer, connection);
  }

  #remove(roomId: string, sessionId: string): void {
    const peer = this.#bySession.get(sessionId);
    const call = this.#calls.get(roomId);
    if (!peer || !call) return;
    this.#bySession.delete(sessionId);
    call.together.get(peer)?.outlet.unsubscribe(topicOf(roomId));
    for (const group of Object.values(call)) group.delete(peer);
    if (call.together.size + call.apart.size === 0) this.#calls.delete(roomId);
  }
}

function newCall(): Mutable {
  return { together: new Map(), apart: new Map(), moderators: new Map(), choosers: new Map() };
}
