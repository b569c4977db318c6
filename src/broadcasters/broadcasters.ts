import type { types } from 'mediasoup';
import type { Caller } from '../access/scopes.ts';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { defaultGrants } from '../core/grants.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import type { Device, Peer, PeerLink } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { Silence } from './silence.ts';

export interface BroadcasterOptions {
  readonly roomId: string;
  readonly peerId: string;
  readonly displayName?: string;
  readonly device?: Device;
  readonly rtpCapabilities?: types.RtpCapabilities;
}

/** A peer that a program drives by HTTP. */
export interface Broadcaster {
  readonly room: Room;
  readonly peer: Peer;
  /** With what it joins, or joined. */
  readonly options: BroadcasterOptions;
  readonly silence: Silence;
}

export interface BroadcastersOptions {
  sfu: Sfu;
  clock: Clock;
  /** Seconds without media and without a call after which a broadcaster is taken for dead; 0 never. */
  silenceSeconds: () => number;
}

/** The broadcasters of this node by room and id. Each is a peer like any other, but without a socket. */
export class Broadcasters {
  readonly #all = new Map<Peer, Broadcaster>();

  constructor(private readonly options: BroadcastersOptions) {}

  /**
   * Lets a broadcaster into a room, which is opened when it is not there. One of the same id is replaced, for its
   * script has begun anew. @throws SfuError wrong_state when the id is that of a person in the room
   */
  async create(caller: Caller, options: BroadcasterOptions): Promise<Broadcaster> {
    const { sfu, clock, silenceSeconds } = this.options;
    const { roomId, peerId } = options;
    const present = sfu.rooms.get(roomId)?.peers.get(peerId);
    if (present && !this.#all.has(present)) {
      throw new SfuError('wrong_state', `"${peerId}" is somebody else in room "${roomId}"; take another id`);
    }
    const link = new BroadcasterLink(() => this.#end(peer));
    const peer: Peer = await sfu.enter(
      {
        roomId,
        peerId,
        subject: peerId,
        program: caller.by.id,
        metadata: { broadcaster: caller.by.id },
        grants: defaultGrants,
        // A program that may send media may do so after a removal too; what keeps it out is a ban.
        issuedAt: clock.now(),
        address: caller.address,
      },
      link,
    );
    const room = sfu.room(roomId);
    const onSilent = () =>
      room.removePeer(peer, 'disconnected', {
        detail: `nothing was received of it for ${silenceSeconds()} seconds`,
      });
    const silence = new Silence({ peer, clock, seconds: silenceSeconds, onSilent });
    const broadcaster = { room, peer, options, silence };
    this.#all.set(peer, broadcaster);
    // It may have been removed while it was let in.
    if (peer.closed) this.#end(peer);
    return broadcaster;
  }

  /** Makes it a participant. @throws SfuError wrong_state the second time */
  join({ room, peer, options }: Broadcaster): void {
    const { displayName = '', device = {}, rtpCapabilities } = options;
    room.join(peer, {
      displayName: cleanName(displayName),
      device: cleanDevice(device),
      rtpCapabilities,
      // What it receives it asks for.
      autoSubscribe: false,
    });
  }

  /** @throws SfuError not_found, for a peer that is no broadcaster too */
  get(roomId: string, peerId: string): Broadcaster {
    const peer = this.options.sfu.rooms.get(roomId)?.peers.get(peerId);
    const broadcaster = peer && this.#all.get(peer);
    if (!broadcaster) {
      throw new SfuError(
        'not_found',
        `there is no broadcaster "${peerId}" in room "${roomId}"; it was never made, or it has ended`,
      );
    }
    broadcaster.silence.heard();
    return broadcaster;
  }

  remove({ room, peer }: Broadcaster): void {
    room.removePeer(peer, 'left', { by: { kind: 'api', id: peer.id } });
  }

  close(): void {
    for (const { silence } of this.#all.values()) silence.close();
    this.#all.clear();
  }

  #end(peer: Peer): void {
    this.#all.get(peer)?.silence.close();
    this.#all.delete(peer);
  }
}

/** There is no connection behind it: what it is offered it asks for, and its end needs no telling. */
class BroadcasterLink implements PeerLink {
  readonly gone = Promise.resolve();

  constructor(private readonly onClose: () => void) {}

  close(): void {
    this.onClose();
  }
}
