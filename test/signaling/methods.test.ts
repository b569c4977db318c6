import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { workerBin } from 'mediasoup';
import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { Method } from '../../src/signaling/method.ts';
import { type MethodName, methods } from '../../src/signaling/methods/index.ts';
import { Refused, type SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker, workerPid } from '../support/workers.ts';
import {
  audioTrack,
  createWorld,
  dataChannel,
  type World,
  type WorldOptions,
  withIds,
} from '../support/world.ts';

setDefaultTimeout(60_000);

// A worker executable that can be taken away, so that none can be started any more.
const removableFolder = await mkdtemp(join(tmpdir(), 'tureen-worker-'));
const removable = join(removableFolder, 'mediasoup-worker');
await symlink(workerBin, removable);
afterAll(() => rm(removableFolder, { recursive: true }));

/** commitMove is of a peer that comes from another node: test/signaling/moving. */
const all = (methods as unknown as readonly Method<MethodName, TSchema, TSchema>[]).filter(
  ({ name }) => name !== 'commitMove',
);

/** How an error of a method is brought about. */
interface Provocation {
  world?: WorldOptions;
  prepare?: (world: World) => unknown;
  /** What is asked instead of the example. */
  params?: (world: World) => unknown;
  /** The worker stops before the request reaches it, and dies after: what was asked is gone. */
  workerDies?: boolean;
}

const unknownId = '00000000-0000-4000-8000-000000000000';
const moderator = { kind: 'moderator', id: 'mona' } as const;
const byId = (key: string): Provocation => ({ params: () => ({ [key]: unknownId }) });
const workerDies: Provocation = { workerDies: true };
const moderates: WorldOptions = { grants: { moderate: true } };
const byChoice: WorldOptions = { join: { autoSubscribe: false } };
const tooManyAttributes = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`${index}`, '']));
const ofConsumer = { not_found: byId('consumerId'), gone: workerDies };
const ofProducer = { not_found: byId('producerId'), gone: workerDies };
const pauseConsumer = ({ alice, ids }: World) => alice.ask('pauseConsumer', { consumerId: ids.consumer });

const provocations: Record<MethodName, Partial<Record<ErrorCode, Provocation>>> = {
  getRouterRtpCapabilities: {},
  createWebRtcTransport: {
    limit_reached: { world: { environment: { TUREEN_MAX_TRANSPORTS_PER_PEER: '2' } } },
    gone: workerDies,
    worker_unavailable: { world: { workerBin: removable }, prepare: loseWorkersForGood },
  },
  connectWebRtcTransport: {
    not_found: {
      params: ({ ids }) => ({
        ...(exampleOf('connectWebRtcTransport', ids) as object),
        transportId: unknownId,
      }),
    },
    wrong_state: {
      prepare: ({ alice, ids }) =>
        alice.ask('connectWebRtcTransport', exampleOf('connectWebRtcTransport', ids)),
    },
    gone: workerDies,
  },
  restartIce: { not_found: byId('transportId'), gone: workerDies },
  join: {
    wrong_state: {},
    limit_reached: {
      world: { join: { stayOutside: true } },
      params: () => ({ attributes: { text: 'x'.repeat(5000) } }),
    },
  },
  commitMove: {},
  listPeers: {},
  produce: {
    not_found: { params: () => audioTrack(unknownId, 4000) },
    wrong_state: { params: ({ ids }) => audioTrack(ids.recvTransport ?? '', 4000) },
    forbidden: { world: { grants: { publish: ['video', 'data'] } } },
    limit_reached: {
      world: { environment: { TUREEN_MAX_PRODUCERS_PER_PEER: '2' } },
      prepare: ({ alice, ids }) => alice.ask('produce', audioTrack(ids.sendTransport ?? '', 4000)),
    },
    media_rejected: { params: ({ ids }) => audioTrack(ids.sendTransport ?? '', 3000) },
    unsupported: { params: ({ ids }) => withCodec(audioTrack(ids.sendTransport ?? '', 4000), 'audio/SILK') },
    gone: workerDies,
  },
  produceData: {
    not_found: { params: () => dataChannel(unknownId, 9) },
    wrong_state: { params: ({ ids }) => dataChannel(ids.recvTransport ?? '', 9) },
    forbidden: { world: { grants: { publish: ['audio'] } } },
    limit_reached: { world: { environment: { TUREEN_MAX_DATA_PRODUCERS_PER_PEER: '1' } } },
    media_rejected: { params: ({ ids }) => dataChannel(ids.sendTransport ?? '', 1) },
    gone: workerDies,
  },
  closeProducer: { not_found: byId('producerId') },
  pauseProducer: ofProducer,
  resumeProducer: {
    not_found: byId('producerId'),
    forbidden: {
      prepare: ({ server, ids }) =>
        server.sfu.muteProducer({
          roomId: 'room',
          peerId: 'alice',
          producerId: ids.producer ?? '',
          by: moderator,
        }),
    },
    gone: {
      prepare: ({ alice, ids }) => alice.ask('pauseProducer', { producerId: ids.producer }),
      workerDies: true,
    },
  },
  consume: {
    not_found: byId('producerId'),
    wrong_state: {},
    unsupported: { world: { join: { rtpCapabilities: { codecs: [], headerExtensions: [] } } } },
    gone: { world: byChoice, workerDies: true },
  },
  watch: {},
  closeConsumer: { not_found: byId('consumerId') },
  pauseConsumer: ofConsumer,
  resumeConsumer: { not_found: byId('consumerId'), gone: { prepare: pauseConsumer, workerDies: true } },
  resumeConsumers: { gone: { prepare: pauseConsumer, workerDies: true } },
  setConsumerPreferredLayers: {
    not_found: { params: () => ({ consumerId: unknownId, spatialLayer: 0 }) },
    gone: workerDies,
  },
  setConsumerPriority: {
    not_found: { params: () => ({ consumerId: unknownId, priority: 1 }) },
    gone: workerDies,
  },
  requestConsumerKeyFrame: ofConsumer,
  changeDisplayName: { forbidden: { world: { name: 'Alice by token' } } },
  setAttributes: {
    limit_reached: { params: () => ({ attributes: tooManyAttributes }) },
    flood: {
      prepare: async ({ alice }) => {
        for (let index = 0; index < 20; index += 1)
          await alice.ask('setAttributes', { attributes: { count: `${index}` } });
      },
    },
  },
  reportQuality: {},
  raiseHand: { forbidden: { world: { grants: { hidden: true, publish: false } } } },
  lowerHand: {},
  received: {},
  reportGap: {},
  react: { forbidden: { world: { grants: { hidden: true, publish: false } } } },
  sendMessage: {
    forbidden: { world: { grants: { publish: ['audio'] } } },
    too_large: { params: () => ({ to: ['bob'], message: { data: 'x'.repeat(17_000) } }) },
  },
  getTransportStats: { not_found: byId('transportId'), gone: workerDies },
  getProducerStats: ofProducer,
  getConsumerStats: ofConsumer,
  getDataProducerStats: { not_found: byId('dataProducerId'), gone: workerDies },
  getDataConsumerStats: { not_found: byId('dataConsumerId'), gone: workerDies },
  leaveCall: {},
  getRtcStatsUrl: {},
  removePeer: { not_found: { world: moderates, params: () => ({ peerId: 'nobody' }) } },
  muteProducer: {
    not_found: { world: moderates, params: () => ({ peerId: 'bob', producerId: unknownId }) },
    gone: { world: moderates, workerDies: true },
  },
  allowProducer: {
    not_found: { world: moderates, params: () => ({ peerId: 'bob', producerId: unknownId }) },
  },
  muteAll: {},
  allowAll: {},
  setPublish: { not_found: { world: moderates, params: () => ({ peerId: 'nobody', publish: false }) } },
  lowerHands: { not_found: { world: moderates, params: () => ({ peerId: 'nobody' }) } },
  setPeerAttributes: {
    not_found: { world: moderates, params: () => ({ peerId: 'nobody', attributes: {} }) },
    limit_reached: { world: moderates, params: () => ({ peerId: 'bob', attributes: tooManyAttributes }) },
  },
  lockRoom: {},
};

/** Worlds in which the examples hold, where it is not the usual one. */
const exampleWorlds: Partial<Record<MethodName, WorldOptions>> = {
  removePeer: moderates,
  muteProducer: moderates,
  allowProducer: moderates,
  lockRoom: moderates,
  muteAll: moderates,
  allowAll: moderates,
  setPublish: moderates,
  setPeerAttributes: moderates,
  lowerHands: moderates,
  join: { join: { stayOutside: true } },
  consume: byChoice,
};

describe.each(all.map((method) => [method.name, method] as const))('%s', (name, method) => {
  test('does what its example shows and answers in the shape of its schema', async () => {
    await using world = await createWorld(exampleWorlds[name]);
    const result = await world.alice.ask(name, exampleOf(name, world.ids));
    expect([...Value.Errors(method.result, result)]).toEqual([]);
  });

  test('names exactly the errors that can be brought about', () => {
    expect(Object.keys(provocations[name]).sort()).toEqual([...method.errors].sort());
  });

  for (const [code, provocation] of Object.entries(provocations[name])) {
    test(`answers ${code} when that is what went wrong`, async () => {
      await using world = await createWorld(provocation.world);
      await provocation.prepare?.(world);
      const params = provocation.params?.(world) ?? exampleOf(name, world.ids);
      const error = await (provocation.workerDies ? refusalByDeath : refusal)(world, name, params);
      expect(error.code).toBe(code);
      expect(error.errorCode).toBe(errorCodes[code as ErrorCode].status);
      expect(error.errorReason.length).toBeGreaterThan(code.length + 10);
    });
  }

  if (method.grant !== 'none') {
    test(`answers forbidden without the grant ${method.grant}`, async () => {
      await using world = await createWorld({ grants: { [method.grant]: false } });
      expect((await refusal(world, name, exampleOf(name, world.ids))).code).toBe('forbidden');
    });
  }

  if (method.state === 'joined') {
    test('answers wrong_state before join', async () => {
      await using world = await createWorld({ ...exampleWorlds[name], join: { stayOutside: true } });
      expect((await refusal(world, name, exampleOf(name, world.ids))).code).toBe('wrong_state');
    });
  }

  if (!method.asNotification) {
    test('is not taken as a notification, for it has an answer', async () => {
      await using world = await createWorld();
      let handled: string | undefined;
      world.server.signaling.events.on('requestHandled', ({ result }) => {
        handled = result;
      });
      world.alice.notify(name, exampleOf(name, world.ids));
      await until(() => handled !== undefined, 'the handling of a notification');
      expect(handled).toBe('invalid_message');
    });
  }
});

function exampleOf(name: MethodName, ids: Readonly<Record<string, string>>): unknown {
  return withIds(all.find((method) => method.name === name)?.example, ids);
}

function withCodec(track: ReturnType<typeof audioTrack>, mimeType: string): unknown {
  const codecs = [{ mimeType, payloadType: 111, clockRate: 16000 }];
  return { ...track, rtpParameters: { ...track.rtpParameters, codecs } };
}

async function refusal({ alice }: World, name: string, params: unknown): Promise<Refused> {
  return await refusedBy(alice.ask(name, params), name);
}

async function refusedBy(answer: Promise<unknown>, name: string): Promise<Refused> {
  const outcome = await answer.then(
    (result) => new Error(`${name} was answered with ${JSON.stringify(result)}`),
    (error: Error) => error,
  );
  if (outcome instanceof Refused) return outcome;
  throw outcome;
}

async function refusalByDeath(
  { server, alice, bob }: World,
  name: string,
  params: unknown,
): Promise<Refused> {
  const pid = workerPid(server);
  process.kill(pid, 'SIGSTOP');
  const answer = refusedBy(alice.ask(name, params), name);
  // The server reads alice's frame before bob's later ones; after these answers hers waits for the worker.
  await roundTrips(bob, 5);
  process.kill(pid, 'SIGKILL');
  return await answer;
}

async function roundTrips(client: SignalingClient, count: number): Promise<void> {
  for (let trip = 0; trip < count; trip += 1) await client.request('getRtcStatsUrl', {});
}

async function loseWorkersForGood({ server, alice }: World): Promise<void> {
  await rm(removable);
  await symlink('/bin/false', removable);
  killWorker(server);
  await alice.waitFor('rejoin');
}
