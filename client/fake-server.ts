import { TureenClient } from './client.ts';
import type { TureenClientOptions } from './client-options.ts';
import { ClientError, messageOf } from './errors.ts';
import { FakeMedia } from './fake-media.ts';
import { type Asker, fakeMethods } from './fake-methods.ts';
import { type FakeGrants, FakePeer } from './fake-peer.ts';
import { FakeRoom } from './fake-room.ts';
import { type ClientFrame, FakeSocket } from './fake-socket.ts';
import type { MethodName } from './protocol.ts';
import type { Metadata } from './remote-peer.ts';

/** As for any client; where the server is and how it is reached, the fake says. */
export type FakeClientOptions = Omit<TureenClientOptions, 'url' | 'handlerFactory' | 'webSocketFactory'>;

/** Quiet enough for tests that wait for a reconnect. */
const quick = { backoff: { first: 10, max: 50 } };

/**
 * A server in memory, for the tests of an application: no process, no network and no devices. Its clients are those of
 * the library, with all of their events, and meet in its rooms. What it leaves out: picture and sound (tracks arrive, and
 * nobody can see them), the limits and rates of a server, tokens (`grants` say what one would), and resuming (a cut
 * connection is made again).
 */
export class FakeServer {
  /** While it is set, nobody is let in, for that reason: `new ClientError('room_full', 'the room is full')`. */
  refusal: ClientError | undefined;
  readonly #rooms = new Map<string, FakeRoom>();

  /** Options with which a client, or a `TureenRoom` of tureen-react, is one of this server. */
  options(options: FakeClientOptions, grants: FakeGrants = {}): TureenClientOptions {
    const media = new FakeMedia();
    return {
      timing: quick,
      ...options,
      url: 'http://tureen.fake',
      handlerFactory: media.handlerFactory,
      webSocketFactory: (url) => this.#socket(url, media, grants) as unknown as WebSocket,
    };
  }

  /** Another participant, which has joined. */
  async join(options: FakeClientOptions, grants: FakeGrants = {}): Promise<TureenClient> {
    const client = new TureenClient(this.options(options, grants));
    await client.join();
    return client;
  }

  /** Cuts the connection of a peer as a lost network does. Its client connects again, unless there is a `refusal`. */
  cut(roomId: string, peerId: string): void {
    this.#room(roomId).peer(peerId).socket.end(1006);
  }

  /** Removes a peer as a moderator does. */
  remove(roomId: string, peerId: string, reason = ''): void {
    this.#room(roomId).remove(peerId, reason);
  }

  /** These peers are heard, the first of them the loudest and the active speaker; nobody without one. */
  speak(roomId: string, ...peerIds: readonly string[]): void {
    const room = this.#room(roomId);
    const peerVolumes = peerIds.map((peerId, index) => ({ peerId, volume: -20 - index }));
    room.tell({ method: 'speakingPeers', data: { peerVolumes } });
    const [loudest] = peerVolumes;
    const active = { peerId: loudest?.peerId ?? null, volume: loudest?.volume ?? null };
    room.tell({ method: 'activeSpeaker', data: active });
  }

  /** Changes what the application says of a peer, as its server does. */
  setMetadata(roomId: string, peerId: string, metadata: Metadata): void {
    const room = this.#room(roomId);
    room.peer(peerId).metadata = metadata;
    room.tell({ method: 'peerMetadataChanged', data: { peerId, metadata } });
  }

  /** A text for everyone in a room, as an operator sends it. */
  notice(roomId: string, message: string): void {
    this.#room(roomId).tell({ method: 'notice', data: { message } });
  }

  /** Closes a room for everyone. */
  closeRoom(roomId: string): void {
    for (const { socket } of this.#room(roomId).peers.values())
      socket.end(4000, 'room_closed: the room was closed for everyone');
    this.#rooms.delete(roomId);
  }

  #socket(url: URL, media: FakeMedia, grants: FakeGrants): FakeSocket {
    const room = this.#enterable(url.searchParams.get('roomId') ?? '');
    let peer: FakePeer | undefined;
    return new FakeSocket(url, {
      opened: (socket) => {
        const older = room.peers.get(url.searchParams.get('peerId') ?? '');
        const refusal = this.refusal ?? refusalOf(room, grants, older);
        if (refusal) return socket.end(4000, `${refusal.code}: ${refusal.message}`);
        peer = new FakePeer(socket, media, grants);
        this.#enter(room, peer, older);
      },
      received: (socket, frame) => peer && answer(socket, { room, peer }, frame),
      closed: () => peer && room.leave(peer, 'disconnected'),
    });
  }

  #enter(room: FakeRoom, peer: FakePeer, older: FakePeer | undefined): void {
    if (older) {
      room.leave(older, 'replaced');
      older.socket.end(4000, 'replaced: you connected to this room again from elsewhere');
    }
    room.peers.set(peer.id, peer);
    peer.media.onData = (streamId, data) => room.passOn(peer, streamId, data);
    const asker = { room, peer };
    peer.socket.notify({
      method: 'welcome',
      data: {
        routerRtpCapabilities: fakeMethods.getRouterRtpCapabilities(asker, {}),
        sendTransport: peer.openTransport(false),
        recvTransport: peer.openTransport(true),
        peers: room.othersOf(peer).map(({ info }) => info),
        version: '3',
      },
    });
  }

  #enterable(roomId: string): FakeRoom {
    const room = this.#rooms.get(roomId) ?? new FakeRoom();
    this.#rooms.set(roomId, room);
    return room;
  }

  #room(roomId: string): FakeRoom {
    const room = this.#rooms.get(roomId);
    if (room) return room;
    throw new ClientError('not_found', `there is no room "${roomId}"; join one first`);
  }
}

function refusalOf(
  room: FakeRoom,
  { moderate = false }: FakeGrants,
  older?: FakePeer,
): ClientError | undefined {
  if (!room.locked || moderate || older) return undefined;
  return new ClientError('room_locked', 'a moderator locked this room');
}

function answer(socket: FakeSocket, asker: Asker, { id = 0, method = '', data }: ClientFrame): void {
  try {
    const run = fakeMethods[method as MethodName] as ((asker: Asker, data: unknown) => unknown) | undefined;
    if (!run) throw new ClientError('unknown_method', `there is no method "${method}"`);
    socket.answer(id, run(asker, data));
  } catch (error) {
    const { code } = error instanceof ClientError ? error : { code: 'internal' };
    socket.refuse(id, `${code}: ${messageOf(error)}`);
  }
}
