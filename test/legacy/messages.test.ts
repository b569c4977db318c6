import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { Message } from '../../src/legacy/message.ts';
import { type MessageName, messages } from '../../src/legacy/messages/index.ts';
import { notifications } from '../../src/legacy/notifications.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { useServer } from '../support/use-server.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';
import { joinV2, receiving, sending, V2Client, V2Refused, v2Track, withTransports } from './v2-client.ts';

setDefaultTimeout(60_000);

const server = await useServer(withKeys);
const all = messages as unknown as readonly Message<MessageName>[];
let rooms = 0;

interface World {
  readonly roomId: string;
  readonly client: V2Client;
  readonly ids: Readonly<Record<string, number>>;
}

interface WorldOptions {
  /** How far the client has come; all the way unless told. */
  readonly until?: 'connected' | 'joined';
  readonly grants?: NonNullable<Parameters<typeof tokenFor>[2]>['grants'];
}

/** A room with a client of version 3 that sends sound and layers, and alice, who speaks the old protocol and sends. */
async function world({ until, grants }: WorldOptions = {}): Promise<World> {
  rooms += 1;
  const roomId = `room ${rooms}`;
  const bob = await enter({ server, roomId, peerId: 'bob', token: await tokenFor(roomId, 'bob') });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  await bob.client.request('produce', videoTrack(bob.sendTransport, 2000));
  const options = { server, roomId, peerId: 'alice', token: await tokenFor(roomId, 'alice', { grants }) };
  if (until === 'connected') return { roomId, client: await V2Client.connect(options), ids: {} };
  const { client, peers } = until === 'joined' ? await joinV2(options) : await withTransports(options);
  const [{ consumers }] = peers as [{ consumers: { id: number; kind: string }[] }];
  const consumer = consumers.find(({ kind }) => kind === 'video')?.id ?? 0;
  const ids = { sendTransport: sending, recvTransport: receiving, consumer, producer: 33_333_333 };
  if (until !== 'joined')
    await client.request('createProducer', {
      id: ids.producer,
      transportId: sending,
      ...v2Track('audio', 3000),
    });
  return { roomId, client, ids };
}

/** Puts numbers in the place of texts such as `{producer}`. */
function withNumbers(value: unknown, ids: World['ids']): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => {
    const name = typeof part === 'string' ? /^\{(\w+)\}$/.exec(part)?.[1] : undefined;
    return name === undefined ? part : ids[name];
  }) as Record<string, unknown>;
}

async function send(
  { client }: World,
  { name, type, target }: Message<MessageName>,
  fields: Record<string, unknown>,
): Promise<Record<string, unknown> | V2Refused> {
  if (type === 'request')
    return await client.ask({ method: name, target, ...fields }).catch((error: V2Refused) => error);
  client.notify(name, fields);
  // Messages are handled in their order: with this answer it is known what became of the notification.
  await client.request('queryRoom').catch(() => undefined);
  const { reason } = client.told('notificationRefused').at(-1) ?? {};
  return reason === undefined ? {} : new V2Refused(reason.split(':')[0] ?? '', reason);
}

/** How far a client has to be for an example to hold. */
const startOf: Partial<Record<MessageName, WorldOptions>> = {
  queryRoom: { until: 'connected' },
  join: { until: 'connected' },
  createTransport: { until: 'joined' },
};

describe.each(all.map((message) => [message.name, message] as const))('%s', (name, message) => {
  if (name !== 'updateProducer')
    test('does what its example shows and is answered in the shape of its schema', async () => {
      const at = await world(startOf[name]);
      const result = await send(at, message, withNumbers(message.example, at.ids));
      expect(result).not.toBeInstanceOf(V2Refused);
      expect([...Value.Errors(message.result, result)]).toEqual([]);
      if (name === 'leave') expect((await at.client.closed).reason).toStartWith('left');
    });

  if (message.state === 'joined')
    test('is refused before join', async () => {
      const at = await world({ until: 'connected' });
      const ids = { sendTransport: 1, recvTransport: 2, producer: 3, consumer: 4 };
      const refused = await send(at, message, withNumbers(message.example, ids));
      expect(refused).toMatchObject({ code: 'wrong_state' });
    });

  test('is refused in the other form, and with the wrong target', async () => {
    const at = await world(startOf[name]);
    const fields = withNumbers(message.example, at.ids);
    const otherType = message.type === 'request' ? 'notification' : 'request';
    expect(await send(at, { ...message, type: otherType }, fields)).toMatchObject({
      code: 'invalid_message',
    });
    const target = message.target === 'room' ? 'peer' : 'room';
    expect(await send(at, message, { ...fields, target })).toMatchObject({ code: 'invalid_params' });
  });
});

/** What goes wrong with a request, and how it is brought about. */
const refusals: [what: string, name: MessageName, code: ErrorCode, fields: object, start?: WorldOptions][] = [
  ['a peerName of somebody else', 'join', 'forbidden', { peerName: 'bob' }, { until: 'connected' }],
  ['a spy without the grant hidden', 'join', 'forbidden', { spy: true }, { until: 'connected' }],
  [
    'appData of 5,000 characters',
    'join',
    'invalid_params',
    { appData: 'x'.repeat(5000) },
    { until: 'connected' },
  ],
  ['a second join', 'join', 'wrong_state', {}],
  ['plain RTP', 'createTransport', 'unsupported', { plainRtpParameters: { ip: '127.0.0.1', port: 9 } }],
  ['a number that is taken', 'createTransport', 'wrong_state', { id: sending }],
  ['a second transport for receiving', 'createTransport', 'limit_reached', { direction: 'recv' }],
  ['a third direction', 'createTransport', 'invalid_params', { direction: 'both' }],
  [
    'sending without the grant',
    'createTransport',
    'forbidden',
    {},
    { until: 'joined', grants: { publish: false } },
  ],
  ['an unknown transport', 'createProducer', 'not_found', { transportId: 5 }],
  ['a transport for receiving', 'createProducer', 'wrong_state', { transportId: receiving }],
  ['a producer that is there', 'createProducer', 'wrong_state', { id: 33_333_333 }],
  ['an unknown transport', 'restartTransport', 'not_found', { id: 5 }],
  ['an unknown consumer', 'enableConsumer', 'not_found', { id: 5 }],
  ['another transport', 'enableConsumer', 'wrong_state', { transportId: sending }],
  ['an unknown profile', 'enableConsumer', 'invalid_params', { preferredProfile: 'best' }],
  ['any change', 'updateProducer', 'unsupported', {}],
  ['DTLS parameters a second time', 'updateTransport', 'wrong_state', { id: sending }],
  ['no DTLS parameters', 'updateTransport', 'invalid_params', { dtlsParameters: undefined }],
  ['an interval of two hours', 'enableTransportStats', 'invalid_params', { interval: 7_200_000 }],
];

test.each(
  refusals.map(([what, name, code, fields, start = {}]) => [what, name, code, fields, start] as const),
)('%s: %s is refused with %s', async (_what, name, code, fields, start) => {
  const at = await world(start);
  const message = all.find((one) => one.name === name) as Message<MessageName>;
  const refused = await send(at, message, { ...withNumbers(message.example, at.ids), ...fields });
  expect(refused).toMatchObject({ code });
  expect((refused as V2Refused).message.length).toBeGreaterThan(20);
});

test('an error of a request names what is wrong under codes of the table, in each form', async () => {
  for (const form of ['bare', 'protoo requests', 'protoo notifications'] as const) {
    const token = await tokenFor('forms', 'alice');
    const { client } = await joinV2({ server, roomId: 'forms', form, token });
    const refused = await client.request('restartTransport', { id: 5 }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'not_found' });
    expect(Object.keys(errorCodes)).toContain((refused as V2Refused).code);
    await client.close();
  }
});

test('every notification of the server that a test has seen fits its schema', async () => {
  const at = await world();
  const { client, ids } = at;
  await client.request('enableConsumer', { id: ids.consumer, transportId: receiving, paused: false });
  client.notify('enableTransportStats', { id: sending });
  client.notify('enableProducerStats', { id: ids.producer });
  client.notify('enableConsumerStats', { id: ids.consumer });
  client.notify('setConsumerPreferredProfile', { id: ids.consumer, profile: 'low' });
  for (const name of ['transportStats', 'producerStats', 'consumerStats'] as const) await client.tells(name);
  const carol = await joinV2({
    ...{ server, roomId: at.roomId, peerId: 'carol', token: await tokenFor(at.roomId, 'carol') },
    join: { appData: { displayName: 'Carol' } },
  });
  const { appData } = await client.tells('newPeer');
  expect(appData).toMatchObject({ displayName: 'Carol' });
  await carol.client.close();
  await client.tells('peerClosed');
  for (const { method, data } of client.events) {
    const { target, notification, ...fields } = data;
    expect({ method, target, notification }).toEqual({ method, target: 'peer', notification: true });
    const { data: schema } = notifications[method as keyof typeof notifications];
    expect([...Value.Errors(schema, fields)]).toEqual([]);
  }
});
