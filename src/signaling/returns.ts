import type { Clock } from '../core/clock.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import { welcomeBack } from '../sfu/rooms/absence.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { beginRejoin } from '../sfu/rooms/rejoining.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { closeReason, closeRefused, resumePrefix } from '../wire/envelope.ts';
import type { WireSocket } from '../wire/socket.ts';
import type { Connection } from './connection.ts';
import { EndedStays } from './ended-stays.ts';
import type { SignalingBus, SignalingEvents } from './events.ts';
import type { Resumption } from './resumption.ts';
import { hashOfTicket, isTicket } from './tickets.ts';

/** What a client shows that goes on with its stay. The ticket lives here only, and is not logged. */
export interface Returning {
  readonly ticket: string;
  /** How many frames it has. */
  readonly count: number;
}

/** The client that shows it. */
interface Who {
  readonly roomId: string;
  readonly peerId: string;
  readonly address: string;
}

/** What a good ticket is of. */
interface Stay {
  readonly room: Room;
  readonly peer: Peer;
  readonly connection: Connection;
  readonly resumption: Resumption;
}

export interface ReturnsOptions {
  readonly sfu: Sfu;
  readonly clock: Clock;
  readonly events: SignalingBus;
  readonly connectionOf: (peer: Peer) => Connection | undefined;
}

/** The hash of the ticket that a client shows; undefined for what cannot be one. */
export function hashOfReturning({ ticket }: Returning): string | undefined {
  return isTicket(ticket) ? hashOfTicket(ticket) : undefined;
}

/** Reads a ticket from the sub-protocols, where no log and no history of addresses keeps it. */
export function readReturning(offered: readonly string[], search: URLSearchParams): Returning | undefined {
  const entry = offered.find((one) => one.startsWith(resumePrefix));
  if (entry === undefined) return undefined;
  const count = search.get('received') ?? '';
  return {
    ticket: entry.slice(resumePrefix.length),
    count: /^\d{1,15}$/.test(count) ? Number(count) : Number.NaN,
  };
}

/** Clients whose socket was cut, and who come back with a ticket. A refusal makes nothing and disturbs nobody. */
export class Returns {
  readonly ended: EndedStays;

  constructor(private readonly options: ReturnsOptions) {
    this.ended = new EndedStays(options.clock);
  }

  /** Lets a client go on over this socket, or refuses it and closes the socket. @returns its connection */
  take(who: Who, { ticket, count }: Returning, socket: WireSocket): Connection | undefined {
    const { roomId } = who;
    if (!isTicket(ticket) || Number.isNaN(count)) {
      const sentence = 'a ticket has 43 characters and comes with the count of frames that you received';
      return this.#refuse(socket, { reason: 'malformed', roomId }, sentence);
    }
    const hash = hashOfTicket(ticket);
    const stay = this.#stayOf(who, hash);
    if (stay) return this.#resume(stay, who, { hash, count, socket });
    const end = this.ended.take(hash);
    if (!end) {
      const sentence = 'this ticket was used, is of somebody else, or came too late; connect without it';
      return this.#refuse(socket, { reason: 'unknown', roomId }, sentence);
    }
    this.options.events.emit('resumeRefused', { reason: 'ended', roomId });
    socket.close(end.code, end.reason);
    return undefined;
  }

  #stayOf({ roomId, peerId }: Who, hash: string): Stay | undefined {
    const room = this.options.sfu.rooms.get(roomId);
    const peer = room?.peers.get(peerId);
    const connection = peer && this.options.connectionOf(peer);
    const resumption = connection?.resumption;
    if (!room || !connection || !resumption?.tickets.hashes.includes(hash)) return undefined;
    return { room, peer, connection, resumption };
  }

  #resume(
    { room, peer, connection, resumption }: Stay,
    { address }: Who,
    { hash, count, socket }: { hash: string; count: number; socket: WireSocket },
  ): Connection | undefined {
    const { sfu, events } = this.options;
    try {
      sfu.admit({ ...peer.identity, address });
    } catch (thrown) {
      // It comes from a network that is banned: that ends its stay, too.
      const error = toSfuError(thrown);
      events.emit('resumeRefused', { reason: 'banned', roomId: room.id });
      socket.close(closeRefused, closeReason(error.reason));
      connection.refuse(error, closeRefused);
      return undefined;
    }
    const missed = connection.goOn(socket, resumption, { ticket: resumption.tickets.redeem(hash), count });
    const duration = welcomeBack(room, peer);
    events.emit('resumed', { roomId: room.id, peerId: peer.id, duration, missed });
    // What it does not know any more it learns by joining again.
    if (missed) beginRejoin(room, peer, 'missed')();
    return connection;
  }

  #refuse(socket: WireSocket, event: SignalingEvents['resumeRefused'], sentence: string): undefined {
    this.options.events.emit('resumeRefused', event);
    socket.close(closeRefused, closeReason(new SfuError('ticket_refused', sentence).reason));
  }
}
