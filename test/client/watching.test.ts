import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test';
import { FakeMedia } from '../../client/fake-media.ts';
import type { TureenClient } from '../../client/index.ts';
import type { Server } from '../../src/app/server.ts';
import type { Connection } from '../../src/signaling/connection.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, type Member, videoTrack } from '../support/world.ts';
import { type ClientOptions, joined } from './support.ts';

setDefaultTimeout(60_000);

const { handlerFactory } = new FakeMedia();

/** A window with elements that are in it or not, as a browser tells it. */
class FakeWindow {
  readonly #observers = new Map<object, ((intersects: boolean) => void)[]>();
  readonly #before = new Map<string, unknown>();

  open(): void {
    const observers = this.#observers;
    class Observer {
      constructor(private readonly tell: (entries: { isIntersecting: boolean }[]) => void) {}
      observe(element: object): void {
        const tell = (isIntersecting: boolean) => this.tell([{ isIntersecting }]);
        observers.set(element, [...(observers.get(element) ?? []), tell]);
      }
      disconnect(): void {}
    }
    const globals: [string, unknown][] = [
      ['IntersectionObserver', Observer],
      ['HTMLVideoElement', class {}],
    ];
    for (const [name, value] of globals) {
      this.#before.set(name, Reflect.get(globalThis, name));
      Reflect.set(globalThis, name, value);
    }
  }

  close(): void {
    for (const [name, value] of this.#before) Reflect.set(globalThis, name, value);
  }

  element(): Element {
    const ownerDocument = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    return { ownerDocument } as unknown as Element;
  }

  show(element: Element, intersects = true): void {
    for (const tell of this.#observers.get(element) ?? []) tell(intersects);
  }
}

const screen = new FakeWindow();
beforeEach(() => screen.open());
afterEach(() => screen.close());

let mesh: BusMesh;
let rooms = 0;
const clients: TureenClient[] = [];
/** Methods that clients of the library were answered, by peer. */
const asked: { peerId: string; method: string }[] = [];

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b'], { TUREEN_WORKERS: '1' });
  for (const node of ['a', 'b'])
    mesh.server(node).signaling.events.on('requestHandled', ({ peerId, method }) => {
      asked.push({ peerId, method });
    });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});
afterAll(() => mesh[Symbol.asyncDispose]());

const server = () => mesh.server('a');

function newRoom(): string {
  rooms += 1;
  asked.length = 0;
  return `watching-${rooms}`;
}

const countOf = (method: string) =>
  asked.filter((one) => one.peerId === 'bob' && one.method === method).length;

async function publishers(roomId: string, count: number): Promise<Member[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const member = await enter({ server: server(), roomId, peerId: `peer-${index}` });
      await member.client.request('produce', videoTrack(member.sendTransport, 100 * (index + 1)));
      await member.client.request('produce', audioTrack(member.sendTransport, 7));
      return member;
    }),
  );
}

async function bobIn(roomId: string, options: Partial<ClientOptions> = {}): Promise<TureenClient> {
  const client = await joined({ server: server(), roomId, peerId: 'bob', handlerFactory, ...options });
  clients.push(client);
  return client;
}

/** A grid in which everyone has a tile; those on the page that is turned to are in view. */
function gridOf(client: TureenClient) {
  const tiles = new Map<string, Element>();
  for (const peer of client.peers.values()) {
    const element = screen.element();
    tiles.set(peer.id, element);
    client.view(peer, 'camera', element);
  }
  return {
    turnTo: (...peerIds: string[]) => {
      for (const [id, element] of tiles) screen.show(element, peerIds.includes(id));
    },
  };
}

const seenBy = (client: TureenClient) =>
  [...client.peers.values()].filter((peer) => peer.track('camera')).map(({ id }) => id);
const heardBy = (client: TureenClient) =>
  [...client.peers.values()].filter((peer) => peer.track('microphone')).map(({ id }) => id);

const sees = (client: TureenClient, ...peerIds: string[]) =>
  until(() => seenBy(client).toSorted().join() === peerIds.toSorted().join(), `to see ${peerIds.join()}`);

/** Whose cameras the server sends to Bob. */
function sentToBob(on: Server, roomId: string): string[] {
  const subscriptions = on.sfu.rooms.get(roomId)?.peers.get('bob')?.subscriptions.values() ?? [];
  return [...subscriptions]
    .filter(({ consumer }) => consumer.kind === 'video')
    .map(({ publication }) => publication.info.peerId)
    .toSorted();
}

describe('a call with no more videos than the limit', () => {
  test('is as it always was: all are received, and the server is told nothing', async () => {
    const roomId = newRoom();
    await publishers(roomId, 4);
    const bob = await bobIn(roomId, { videoLimit: 4 });
    const grid = gridOf(bob);
    grid.turnTo('peer-0');
    await sees(bob, 'peer-0', 'peer-1', 'peer-2', 'peer-3');
    grid.turnTo('peer-1');
    // What is asked later is answered later.
    await bob.react('clap');
    expect([countOf('react'), countOf('watch')]).toEqual([1, 0]);
  });
});

describe('a call with more videos than the limit', () => {
  test('receives what is in view, and a page of the grid is turned with one message', async () => {
    const roomId = newRoom();
    await publishers(roomId, 8);
    const bob = await bobIn(roomId, { videoLimit: 4 });
    const grid = gridOf(bob);
    const reasons: string[] = [];
    bob.on('trackRemoved', ({ reason }) => void reasons.push(reason));
    const [first, second] = [
      ['peer-0', 'peer-2', 'peer-4', 'peer-6'],
      ['peer-1', 'peer-3', 'peer-5', 'peer-7'],
    ] as const;
    grid.turnTo(...first);
    await sees(bob, ...first);
    expect(sentToBob(server(), roomId)).toEqual([...first]);
    asked.length = 0;
    reasons.length = 0;
    grid.turnTo(...second);
    await sees(bob, ...second);
    await until(() => countOf('resumeConsumers') === 1, 'the new ones to be started');
    expect([countOf('watch'), countOf('pauseConsumer'), countOf('closeConsumer')]).toEqual([1, 0, 0]);
    expect(sentToBob(server(), roomId)).toEqual([...second]);
    expect(reasons).toEqual(first.map(() => 'out_of_view'));
    expect(heardBy(bob)).toHaveLength(8);
  });

  test('keeps what leaves the view for a moment, and lets it go when nothing else comes', async () => {
    const roomId = newRoom();
    await publishers(roomId, 4);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    const grid = gridOf(bob);
    grid.turnTo('peer-1', 'peer-2');
    await sees(bob, 'peer-1', 'peer-2');
    const kept = bob.peers.get('peer-2')?.track('camera');
    const [before, startedAt] = [countOf('watch'), performance.now()];
    grid.turnTo('peer-1');
    await sees(bob, 'peer-1');
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect(countOf('watch')).toBe(before + 1);
    expect(kept?.ended).toBe(true);
    grid.turnTo('peer-1', 'peer-2');
    await sees(bob, 'peer-1', 'peer-2');
    expect(bob.peers.get('peer-2')?.track('camera')).not.toBe(kept);
  });

  test('begins when one more is published, and ends when there are few again', async () => {
    const roomId = newRoom();
    const [first] = await publishers(roomId, 2);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    const grid = gridOf(bob);
    grid.turnTo('peer-1');
    await sees(bob, 'peer-0', 'peer-1');
    const { client, sendTransport } = await enter({ server: server(), roomId, peerId: 'late' });
    await client.request('produce', videoTrack(sendTransport, 1));
    // Nothing shows the late one.
    await sees(bob, 'peer-1');
    first?.client.socket.close(1000);
    await sees(bob, 'peer-1', 'late');
  });

  test('receives everything for an application that does not say what it shows', async () => {
    const roomId = newRoom();
    await publishers(roomId, 5);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    await sees(bob, 'peer-0', 'peer-1', 'peer-2', 'peer-3', 'peer-4');
    expect(countOf('watch')).toBe(1);
  });

  test('leaves alone what the application closed, until it subscribes to it', async () => {
    const roomId = newRoom();
    await publishers(roomId, 4);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    const grid = gridOf(bob);
    grid.turnTo('peer-1', 'peer-2');
    await sees(bob, 'peer-1', 'peer-2');
    const track = bob.peers.get('peer-1')?.track('camera');
    await track?.close();
    grid.turnTo('peer-1', 'peer-3');
    await sees(bob, 'peer-3');
    await bob.subscribe(track?.producerId ?? '');
    await sees(bob, 'peer-1', 'peer-3');
  });

  test('shows the same after its media was lost', async () => {
    const roomId = newRoom();
    await publishers(roomId, 4);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    const grid = gridOf(bob);
    grid.turnTo('peer-2', 'peer-3');
    await sees(bob, 'peer-2', 'peer-3');
    const peer = server().sfu.peer(roomId, 'bob');
    const again = bob.once('state', ({ state }) => state === 'joined');
    // As when the client has lost its connection for good.
    server().sfu.room(roomId).removePeer(peer, 'rejoin');
    await again;
    await sees(bob, 'peer-2', 'peer-3');
    expect(sentToBob(server(), roomId)).toEqual(['peer-2', 'peer-3']);
  });

  test('moves to another server with what is in view', async () => {
    const roomId = newRoom();
    await publishers(roomId, 5);
    const bob = await bobIn(roomId, { videoLimit: 2 });
    const grid = gridOf(bob);
    grid.turnTo('peer-3', 'peer-4');
    await sees(bob, 'peer-3', 'peer-4');
    const before = ['peer-3', 'peer-4'].map((id) => bob.peers.get(id)?.track('camera'));
    const watched = countOf('watch');
    const link = server().sfu.peer(roomId, 'bob').link as Connection;
    link.notify('move', { url: `http://127.0.0.1:${mesh.server('b').port}`, reason: 'test' });
    await bob.once('moved');
    expect(['peer-3', 'peer-4'].map((id) => bob.peers.get(id)?.track('camera'))).toEqual(before);
    expect(before.every((track) => track?.ended === false)).toBe(true);
    expect(countOf('watch')).toBe(watched);
    expect(sentToBob(mesh.server('b'), roomId)).toEqual(['peer-3', 'peer-4']);
    grid.turnTo('peer-0');
    await sees(bob, 'peer-0');
  });
});
