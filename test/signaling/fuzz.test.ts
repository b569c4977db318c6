import { expect, setDefaultTimeout, test } from 'bun:test';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { Server } from '../../src/app/server.ts';
import { errorCodes } from '../../src/core/errors.ts';
import type { RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { MethodDefinition } from '../../src/signaling/method.ts';
import { type MethodParams, methods } from '../../src/signaling/methods/index.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { logLines, startServer, tokenFor, withKeys } from '../support/server.ts';
import { Refused, SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { Witness } from '../support/witness.ts';
import { audioTrack, dataChannel, enter, type Member, videoTrack, withIds } from '../support/world.ts';

setDefaultTimeout(120_000);

const roomy = {
  ...withKeys,
  TUREEN_MESSAGES_PER_SECOND: '100000',
  TUREEN_MAX_TRANSPORTS_PER_PEER: '64',
  TUREEN_MAX_PRODUCERS_PER_PEER: '256',
  TUREEN_MAX_DATA_PRODUCERS_PER_PEER: '256',
};

type Ids = Record<string, string>;
type AnyMethod = MethodDefinition<string, TObject>;
type Fields = Record<string, unknown>;

interface Owner extends Member {
  /** An object of each kind that is its own; the names are those of the examples of methods. */
  readonly ids: Ids;
}

/** As `enter`, with a token that grants everything, so that no method stops at a missing grant. */
async function enterAsModerator(server: Server, roomId: string, peerId: string): Promise<Member> {
  const token = await tokenFor(roomId, peerId, { grants: { moderate: true } });
  return await enter({ server, roomId, peerId, token });
}

async function witnessIn(server: Server): Promise<Witness> {
  return await Witness.in(server, { token: await tokenFor('room', 'witness') });
}

/** A peer that publishes and receives everything. `remote` is somebody whose video and data it gets. */
async function own(server: Server, roomId: string, peerId: string, ssrc: number): Promise<Owner> {
  const member = await enterAsModerator(server, roomId, peerId);
  const { client, sendTransport, recvTransport } = member;
  const remote = await enterAsModerator(server, roomId, `${peerId} sends to`);
  const { id: remoteProducer } = await remote.client.request(
    'produce',
    videoTrack(remote.sendTransport, ssrc),
  );
  await remote.client.request('produceData', dataChannel(remote.sendTransport, 1));
  const { id: producer } = await client.request('produce', audioTrack(sendTransport, ssrc + 10));
  const { id: dataProducer } = await client.request('produceData', dataChannel(sendTransport, 1));
  const offered = await client.waitFor('newConsumer', (data) => data.producerId === remoteProducer);
  const consumer = String(offered.id);
  const dataConsumer = String((await client.waitFor('newDataConsumer')).id);
  const ids = {
    sendTransport,
    recvTransport,
    producer,
    dataProducer,
    consumer,
    dataConsumer,
    remoteProducer,
  };
  return { ...member, ids };
}

/** What a method answered: ok or the reason of the refusal. */
async function outcome(client: SignalingClient, method: string, data: unknown): Promise<string> {
  return await client.ask(method, data).then(
    () => 'ok',
    (error: unknown) => {
      if (error instanceof Refused) return error.errorReason;
      throw error;
    },
  );
}

/** As `outcome`, for data that JSON.stringify could not write. */
async function outcomeOfText(client: SignalingClient, method: string, dataText: string): Promise<string> {
  const id = 4_000_000_000;
  const answer = client.frames.next(
    `an answer to ${method} ${dataText.slice(0, 200)}`,
    (frame) => (frame.response === true && frame.id === id) || frame.method === 'invalidMessage',
  );
  client.socket.send(`{"request":true,"id":${id},"method":"${method}","data":${dataText}}`);
  const { response, ok, errorReason, data } = await answer;
  if (!response) return String(data?.reason);
  return ok ? 'ok' : String(errorReason);
}

const knownCodes = new Set(Object.keys(errorCodes).filter((code) => code !== 'internal'));
const codeOf = (reason: string) => reason.split(':')[0] ?? '';

/** Texts, for JSON has numbers that JSON.stringify does not write. */
const hostileValues = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1.5',
  '255',
  '65536',
  '4294967296',
  '9007199254740993',
  '1e999',
  '-1e999',
  '1e-320',
  '""',
  '"x"',
  '"__proto__"',
  '"constructor"',
  '"\\u0000"',
  '"\\ud800"',
  '"%s%n\\r\\n"',
  `"${'🎉'.repeat(40)}"`,
  `"${'x'.repeat(300)}"`,
  `"${'y'.repeat(9000)}"`,
  '[]',
  '[[]]',
  '[null]',
  `[${'0,'.repeat(1500)}0]`,
  '{}',
  '{"length":3}',
  '{"__proto__":{"id":1}}',
  '{"toString":null,"valueOf":1,"toJSON":2}',
  '{"constructor":{"prototype":{}}}',
  `{${Array.from({ length: 100 }, (_, index) => `"k${index}":${index}`).join()}}`,
];

const jsonType = (text: string) => {
  const value: unknown = JSON.parse(text);
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
};

/** The JSON types that a schema takes; undefined when it takes any. */
function typesOf(schema: TSchema): string[] | undefined {
  if (typeof schema.const === 'string') return ['string'];
  if (schema.type === 'integer') return ['number'];
  if (typeof schema.type === 'string') return [schema.type];
  const alternatives = schema.anyOf?.map(typesOf) as (string[] | undefined)[] | undefined;
  return alternatives?.every((types) => types !== undefined) ? alternatives.flat() : undefined;
}

test('data of the wrong type is refused as invalid_params by every method', async () => {
  await using server = await startServer(roomy);
  await using _witness = await witnessIn(server);
  const mallory = await own(server, 'room', 'mallory', 1000);
  const failures: string[] = [];
  const expectInvalid = async (method: string, data: string) => {
    const reason = await outcomeOfText(mallory.client, method, data);
    if (codeOf(reason) !== 'invalid_params') failures.push(`${method} ${data.slice(0, 300)}: ${reason}`);
  };
  for (const { name, params, example } of methods) {
    for (const data of hostileValues.filter((text) => jsonType(text) !== 'object'))
      await expectInvalid(name, data);
    const good = withIds(example, mallory.ids) as Fields;
    for (const [field, schema] of Object.entries(params.properties as Record<string, TSchema>)) {
      const types = typesOf(schema);
      if (!types) continue;
      for (const value of hostileValues.filter((text) => !types.includes(jsonType(text)))) {
        const others = Object.entries(good).filter(([key]) => key !== field);
        const members = others.map(([key, part]) => `${JSON.stringify(key)}:${JSON.stringify(part)}`);
        await expectInvalid(name, `{${[...members, `${JSON.stringify(field)}:${value}`].join()}}`);
      }
    }
  }
  expect(failures).toEqual([]);
  // Nothing of it had an effect.
  const { ids } = mallory;
  const [transports, producers] = [mallory.ids.sendTransport, ids.producer];
  const peer = server.sfu.peer('room', 'mallory');
  expect([...peer.transports.keys()]).toEqual([String(transports), String(ids.recvTransport)]);
  expect([...peer.publications.keys()]).toEqual([String(producers)]);
});

/** Puts hostile values into one to three places of an example, or takes places out. @returns JSON text */
function mutate(random: Random, example: unknown): string {
  const marks = new Map<string, string>();
  const copy = structuredClone({ data: example }) as Fields;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const [parent, key] = anyPlace(random, copy);
    if (random.chance(0.15) && parent !== copy) {
      Reflect.deleteProperty(parent, key);
      continue;
    }
    const mark = `hostile value ${marks.size}`;
    marks.set(JSON.stringify(mark), random.pick(hostileValues));
    Reflect.set(parent, random.chance(0.1) ? `added ${count}` : key, mark);
  }
  let text = JSON.stringify(copy.data ?? null);
  for (const [mark, value] of marks) text = text.replace(mark, () => value);
  return text;
}

function anyPlace(random: Random, root: object): [object, string] {
  const places: [object, string][] = [];
  const walk = (parent: object) => {
    for (const [key, value] of Object.entries(parent)) {
      places.push([parent, key]);
      if (typeof value === 'object' && value !== null) walk(value);
    }
  };
  walk(root);
  return random.pick(places);
}

test('whatever data a method gets, it answers with its result or a known error, and others go on', async () => {
  const random = seededRandom('fuzz of every method');
  await using server = await startServer(roomy);
  await using witness = await witnessIn(server);
  const mallory = await own(server, 'room', 'mallory', 1000);
  let workersDied = 0;
  server.sfu.events.on('workerDied', () => {
    workersDied += 1;
  });
  const tracks = [audioTrack, videoTrack, chromeVideo];
  const firstLine = logLines.length;
  const failures: string[] = [];
  for (const method of methods) {
    // Any data that is an object makes a peer leave; of that the test above has seen enough.
    if (method.name === 'leaveCall') continue;
    const documented = new Set<string>(['ok', 'invalid_params', ...method.errors]);
    for (let round = 0; round < (method.name === 'produce' ? 400 : 40); round += 1) {
      const template =
        method.name === 'produce'
          ? random.pick(tracks)(mallory.sendTransport, 10_000 + random.below(1_000_000))
          : withIds<unknown>(method.example, mallory.ids);
      const data = mutate(random, template);
      const reason = await outcomeOfText(mallory.client, method.name, data);
      if (!documented.has(codeOf(reason))) {
        failures.push(`${method.name} ${data.slice(0, 600)}: ${reason}`);
      }
      await tidyUp(server, mallory);
    }
  }
  expect(failures).toEqual([]);
  expect(workersDied).toBe(0);
  expect(logLines.slice(firstLine).filter((line) => line.includes('"level":"error"'))).toEqual([]);
  expect(witness.answers).toBeGreaterThan(100);
  expect(await outcome(mallory.client, 'getRtcStatsUrl', {})).toBe('ok');
});

test('whatever a client says that it can receive, it gets what fits or a known error', async () => {
  const random = seededRandom('fuzz of join');
  await using server = await startServer(roomy);
  await using _witness = await witnessIn(server);
  const alice = await enterAsModerator(server, 'room', 'alice');
  const { id: producerId } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
  await alice.client.request('produce', chromeVideo(alice.sendTransport, 1000));
  const rtpCapabilities = await alice.client.request('getRouterRtpCapabilities', {});
  const firstLine = logLines.length;
  const failures: string[] = [];
  const device = { flag: 'chrome', name: 'Chrome', version: '156' };
  const template = {
    displayName: 'Mallory',
    device,
    rtpCapabilities,
    autoSubscribe: true,
    sctpCapabilities: {},
  };
  const token = await tokenFor('room', 'mallory');
  for (let round = 0; round < 150; round += 1) {
    const client = await SignalingClient.connect({ server, peerId: 'mallory', token });
    await client.request('createWebRtcTransport', { consuming: true });
    const data = mutate(random, template);
    const joined = await outcomeOfText(client, 'join', data);
    const consumed = await outcome(client, 'consume', { producerId });
    for (const reason of [joined, consumed]) {
      if (reason !== 'ok' && !knownCodes.has(codeOf(reason)))
        failures.push(`${data.slice(0, 600)}: ${reason}`);
    }
    await client.close();
  }
  expect(failures).toEqual([]);
  expect(logLines.slice(firstLine).filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

/** A camera with everything that a browser says of it. */
function chromeVideo(transportId: string, ssrc: number): MethodParams<'produce'> {
  const feedback = [
    { type: 'goog-remb', parameter: '' },
    { type: 'transport-cc', parameter: '' },
    { type: 'ccm', parameter: 'fir' },
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
  ];
  return {
    transportId,
    kind: 'video',
    rtpParameters: {
      mid: String(ssrc % 1000),
      codecs: [
        { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, parameters: {}, rtcpFeedback: feedback },
        {
          mimeType: 'video/rtx',
          payloadType: 97,
          clockRate: 90000,
          parameters: { apt: 96 },
          rtcpFeedback: [],
        },
      ],
      headerExtensions: [
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4, encrypt: false, parameters: {} },
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 5, encrypt: false, parameters: {} },
        { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', id: 2, encrypt: false },
      ],
      encodings: ['r0', 'r1', 'r2'].map((rid, index) => ({
        rid,
        ssrc: ssrc + index,
        rtx: { ssrc: ssrc + 100 + index },
        dtx: false,
        scalabilityMode: 'L1T3',
        maxBitrate: 300_000,
      })),
      rtcp: { cname: 'fuzz', reducedSize: true },
      msid: 'stream track',
    },
    appData: { source: 'webcam', nested: { list: [1, 2, 3] } },
    paused: false,
  };
}

/** Keeps what the examples name, and closes what the last message made, so that no limit is met. */
async function tidyUp(server: Server, { client, ids }: Owner): Promise<void> {
  const peer = server.sfu.peer('room', 'mallory');
  for (const id of [...peer.publications.keys()]) {
    if (id !== ids.producer) await client.request('closeProducer', { producerId: id });
  }
  if (!peer.publications.has(ids.producer ?? '')) {
    ids.producer = (await client.request('produce', audioTrack(ids.sendTransport ?? '', 9))).id;
  }
  if (peer.subscriptions.has(ids.consumer ?? '')) return;
  const offer = await client.request('consume', { producerId: ids.remoteProducer ?? '' });
  ids.consumer = offer.id;
}

/** Whether everyone who can receive has all that the others send, started. */
function isSettled({ peers }: RoomSnapshot): boolean {
  return peers
    .filter(({ transports }) => transports.some(({ consuming }) => consuming))
    .every(({ id, consumers, dataConsumers }) => {
      const others = peers.filter((other) => other.id !== id);
      return (
        consumers.length === others.flatMap(({ producers }) => producers).length &&
        dataConsumers.length === others.flatMap(({ dataProducers }) => dataProducers).length &&
        consumers.every(({ paused }) => !paused)
      );
    });
}

const kindOfId: Record<string, string> = {
  transportId: 'sendTransport',
  producerId: 'producer',
  consumerId: 'consumer',
  dataProducerId: 'dataProducer',
  dataConsumerId: 'dataConsumer',
};
const unknownIds = [crypto.randomUUID(), 'x', '__proto__', 'constructor', '部屋', 'x'.repeat(128)];

test('an id of somebody else is answered exactly like one that nobody has', async () => {
  await using server = await startServer(roomy);
  await using _witness = await witnessIn(server);
  const alice = await own(server, 'room', 'alice', 1000);
  const carol = await own(server, 'another room', 'carol', 2000);
  const mallory = await own(server, 'room', 'mallory', 3000);
  const stateOfOthers = () =>
    JSON.stringify([alice, carol].map(({ ids }) => ids)) +
    JSON.stringify(
      server.sfu
        .snapshot()
        .rooms.flatMap(({ peers }) => peers.filter(({ id }) => id !== 'mallory' && id !== 'witness')),
    );
  await until(() => server.sfu.snapshot().rooms.every(isSettled), 'the start of all that was offered');
  const before = stateOfOthers();
  const asked: string[] = [];
  const differences: string[] = [];
  for (const { name, params, example, grant } of methods as readonly AnyMethod[]) {
    const field = Object.keys(params.properties).find((key) => key in kindOfId);
    // A moderator names what is another one's.
    if (!field || grant === 'moderate') continue;
    const kind = kindOfId[field] ?? '';
    // What others of the room publish is there to be consumed: foreign is what another room publishes.
    const foreign = name === 'consume' ? [carol.ids[kind]] : [alice.ids[kind], carol.ids[kind]];
    const ask = async (id: unknown) => {
      const data = { ...(withIds(example, mallory.ids) as Fields), [field]: id };
      return (await outcome(mallory.client, name, data)).replaceAll(String(id), '{id}');
    };
    const expected = await ask(unknownIds[0]);
    if (codeOf(expected) !== 'not_found') differences.push(`${name}: ${expected}`);
    for (const id of [...unknownIds, ...foreign]) {
      const reply = await ask(id);
      if (reply !== expected) differences.push(`${name} ${id}: ${reply} instead of ${expected}`);
    }
    asked.push(name);
  }
  expect(differences).toEqual([]);
  expect(asked.length).toBeGreaterThanOrEqual(19);
  const foreignIds = [alice.ids.consumer ?? '', carol.ids.consumer ?? '', ...unknownIds];
  expect(await mallory.client.request('resumeConsumers', { consumerIds: foreignIds })).toEqual({});
  expect(stateOfOthers()).toBe(before);
});

test('a moderator has no power over another room, and is not told who is there', async () => {
  await using server = await startServer(roomy);
  const carol = await own(server, 'another room', 'carol', 2000);
  const mallory = await own(server, 'room', 'mallory', 3000);
  const differences: string[] = [];
  for (const { name, params, example, grant } of methods as readonly AnyMethod[]) {
    if (grant !== 'moderate' || !('peerId' in params.properties)) continue;
    const ask = async (peerId: string) => {
      const data = { ...(withIds(example, carol.ids) as Fields), peerId };
      return (await outcome(mallory.client, name, data)).replaceAll(peerId, '{peer}');
    };
    const [foreign, unknown] = [await ask('carol'), await ask('nobody')];
    if (foreign !== unknown || codeOf(foreign) !== 'not_found')
      differences.push(`${name}: ${foreign}, ${unknown}`);
  }
  expect(differences).toEqual([]);
  expect(await outcome(carol.client, 'getRtcStatsUrl', {})).toBe('ok');
});

test('a peer is no sender to itself, and a room no place for those of another', async () => {
  await using server = await startServer(roomy);
  const alice = await own(server, 'room', 'alice', 1000);
  const ownProducer = outcome(alice.client, 'consume', { producerId: alice.ids.producer });
  const unknown = outcome(alice.client, 'consume', { producerId: 'x' });
  expect((await ownProducer).replace(alice.ids.producer ?? '', 'x')).toBe(await unknown);
});
