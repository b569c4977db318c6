import type { types } from 'mediasoup';
import type { Caller } from '../access/scopes.ts';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { defaultGrants } from '../core/grants.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import { enterWithoutSocket } from '../sfu/enter-without-socket.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Device } from '../sfu/rooms/peer-state.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { InactivityTimer } from './inactivity.ts';

export interface BroadcasterOptions {
  readonly roomId: string;
  readonly peerId: string;
  readonly displayName?: string;
  readonly device?: Device;
  readonly rtpCapabilities?: types.RtpCapabilities;
}

/** A peer that a program controls over HTTP. */
export interface Broadcaster {
  readonly room: Room;
  readonly peer: Peer;
  readonly options: BroadcasterOptions;
  readonly inactivity: InactivityTimer;
}

export interface BroadcastersOptions {
  sfu: Sfu;
  clock: Clock;
  /** Seconds without media and without a call after which a broadcaster is removed; 0 for never. */
  silenceSeconds: () => number;
}

/** The broadcasters of this node. Each is a peer like any other, but without a socket. */
export class Broadcasters {
  readonly #broadcasters = new Map<Peer, Broadcaster>();

  constructor(private readonly options: BroadcastersOptions) {}

  /**
   * Enters a room as a broadcaster; the room is opened if it is not there. A broadcaster of the same id is replaced,
   * because its script has started again. @throws SfuError wrong_state when a peer that is no broadcaster has the id
   */
  async create(caller: Caller, options: BroadcasterOptions): Promise<Broadcaster> {
    const { sfu, clock, silenceSeconds } = this.options;
    const { roomId, peerId } = options;
    const present = sfu.rooms.get(roomId)?.peers.get(peerId);
    if (present && !this.#broadcasters.has(present)) {
      throw new SfuError(
        'wrong_state',
        `"${peerId}" in room "${roomId}" is a peer that is not a broadcaster; use another id`,
      );
    }
    const identity = {
      roomId,
      peerId,
      subject: peerId,
      program: caller.by.id,
      metadata: {},
      grants: defaultGrants,
      // Issued now: a removal does not keep out a program that may send media. A ban does.
      issuedAt: clock.now(),
      address: caller.address,
    };
    const { room, peer } = await enterWithoutSocket({ sfu, identity, onClose: (gone) => this.#forget(gone) });
    const onInactive = () =>
      room.removePeer(peer, 'disconnected', {
        detail: `nothing was received from it for ${silenceSeconds()} seconds`,
      });
    const inactivity = new InactivityTimer({ peer, clock, timeoutSeconds: silenceSeconds, onInactive });
    const broadcaster = { room, peer, options, inactivity };
    this.#broadcasters.set(peer, broadcaster);
    return broadcaster;
  }

  /** Makes it a participant. @throws SfuError wrong_state the second time */
  join({ room, peer, options }: Broadcaster): void {
    const { displayName = '', device = {}, rtpCapabilities } = options;
    room.join(peer, {
      displayName: cleanName(displayName),
      device: cleanDevice(device),
      rtpCapabilities,
      autoSubscribe: false,
    });
  }

  /** Finds a broadcaster and restarts its timer. @throws SfuError not_found, also for a peer that is no broadcaster */
  get(roomId: string, peerId: string): Broadcaster {
    const peer = this.options.sfu.rooms.get(roomId)?.peers.get(peerId);
    const broadcaster = peer && this.#broadcasters.get(peer);
    if (!broadcaster) {
      throw new SfuError(
        'not_found',
        `there is no broadcaster "${peerId}" in room "${roomId}"; create it, it may have ended`,
      );
    }
    broadcaster.inactivity.reset();
    return broadcaster;
  }

  remove({ room, peer }: Broadcaster): void {
    room.removePeer(peer, 'left', { by: { kind: 'api', id: peer.id } });
  }

  close(): void {
    for (const { inactivity } of this.#broadcasters.values()) inactivity.close();
    this.#broadcasters.clear();
  }

  #forget(peer: Peer): void {
    this.#broadcasters.get(peer)?.inactivity.close();
    this.#broadcasters.delete(peer);
  }
}
