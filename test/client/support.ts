import { afterEach } from 'bun:test';
import { FakeHandler, testFakeParameters } from 'mediasoup-client';
import { FakeTrack } from '../../client/fake-track.ts';
import {
  type CallState,
  type ClientError,
  TureenClient,
  type TureenClientOptions,
} from '../../client/index.ts';
import type { Server } from '../../src/app/server.ts';
import type { Environment } from '../../src/config/config.ts';
import { useServer } from '../support/use-server.ts';

/** A track without a device: tests of the library need no picture. */
export function track(kind: 'audio' | 'video', size?: { width: number; height: number }): MediaStreamTrack {
  return new FakeTrack(kind, kind, size) as unknown as MediaStreamTrack;
}

/** Real signaling, no network for media. */
export const handlerFactory = FakeHandler.createFactory(testFakeParameters);

export interface ClientOptions extends Partial<TureenClientOptions> {
  readonly server: Server;
}

/** A client that waits for nothing longer than it must, so that tests are quick. */
export function clientOf({ server, roomId = 'room', timing, ...options }: ClientOptions): TureenClient {
  return new TureenClient({
    url: `http://127.0.0.1:${server.port}`,
    roomId,
    handlerFactory,
    timing: { backoff: { first: 20, max: 100 }, ...timing },
    ...options,
  });
}

/** A client that has joined. */
export async function joined(options: ClientOptions): Promise<TureenClient> {
  const client = clientOf(options);
  await client.join();
  return client;
}

/** A server for all tests of a file. The clients that enter it leave after each of them. */
export async function useClients(environment: Environment = {}) {
  const server = await useServer(environment);
  const clients: TureenClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.leave()));
  });

  const enter = async (peerId: string, options: Partial<ClientOptions> = {}): Promise<TureenClient> => {
    const client = await joined({ server, peerId, displayName: peerId, ...options });
    clients.push(client);
    return client;
  };
  /** Alice publishes, Bob receives it. */
  const oneTrack = async (kind: 'audio' | 'video' = 'video') => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const arriving = bob.once('trackAdded');
    const publication = await alice.publish(track(kind), kind === 'video' ? 'camera' : 'microphone');
    return { alice, bob, publication, received: (await arriving).track };
  };
  return { server, clients, enter, oneTrack };
}

/** Waits for a state; at once if it is there already. */
export async function stateOf(client: TureenClient, state: CallState): Promise<ClientError | undefined> {
  if (client.state === state) return undefined;
  return (await client.once('state', (change) => change.state === state)).error;
}

/** The only other peer that a client sees. */
export function other(client: TureenClient) {
  const [peer] = client.peers.values();
  if (!peer) throw new Error('the client sees nobody');
  return peer;
}
