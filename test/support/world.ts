import type { Static } from '@sinclair/typebox';
import type { TokenGrants } from '../../src/access/tokens.ts';
import type { Server } from '../../src/app/server.ts';
import type { Environment } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { MethodParams } from '../../src/signaling/methods/index.ts';
import { startServer, tokenFor, withKeys } from './server.ts';
import { SignalingClient } from './signaling-client.ts';

type Produce = MethodParams<'produce'>;

/** A microphone as a browser sends it, but for what a test does not need. */
export function audioTrack(transportId: string, ssrc: number): Produce {
  return {
    transportId,
    kind: 'audio',
    rtpParameters: {
      mid: String(ssrc),
      codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 10 }],
      encodings: [{ ssrc }],
      rtcp: { cname: 'test' },
    },
    appData: { source: 'mic' },
  };
}

/** A camera with three simulcast layers. */
export function videoTrack(transportId: string, ssrc: number): Produce {
  return {
    transportId,
    kind: 'video',
    rtpParameters: {
      mid: String(ssrc),
      codecs: [
        { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, rtcpFeedback: [{ type: 'nack' }] },
      ],
      encodings: [0, 1, 2].map((layer) => ({ ssrc: ssrc + layer, scalabilityMode: 'L1T3' })),
      rtcp: { cname: 'test' },
    },
    appData: { source: 'webcam' },
  };
}

export interface Member {
  readonly client: SignalingClient;
  readonly sendTransport: string;
  readonly recvTransport: string;
}

export interface MemberOptions {
  server: Server;
  roomId?: string;
  peerId: string;
  token?: string;
  path?: string;
  /** Whether it knows every notification; it does unless told. */
  native?: boolean;
  accept?: boolean | 'later';
  join?: JoinOptions;
}

export interface JoinOptions {
  /** Stay outside: connected, with transports, not joined. */
  stayOutside?: boolean;
  autoSubscribe?: boolean;
  /** Come to listen. */
  audience?: boolean;
  videoLimit?: number;
  rtpCapabilities?: MethodParams<'join'>['rtpCapabilities'];
}

/** Connects a peer and goes through the order of a call up to join. */
export async function enter({ join = {}, ...options }: MemberOptions): Promise<Member> {
  const client = await SignalingClient.connect(options);
  const routerCapabilities = await client.request('getRouterRtpCapabilities', {});
  const { stayOutside = false, rtpCapabilities = routerCapabilities, ...asked } = join;
  const { id: sendTransport } = await client.request('createWebRtcTransport', { producing: true });
  const { id: recvTransport } = await client.request('createWebRtcTransport', { consuming: true });
  if (!stayOutside)
    await client.request('join', {
      displayName: options.peerId,
      rtpCapabilities,
      ...asked,
    });
  return { client, sendTransport, recvTransport };
}

/** Two peers in a room that send to each other; the ids are alice's, but for those of `remote`. */
export interface World extends AsyncDisposable {
  readonly server: Server;
  readonly alice: SignalingClient;
  readonly bob: SignalingClient;
  readonly ids: Readonly<Record<string, string>>;
}

export interface WorldOptions {
  environment?: Environment;
  grants?: Static<typeof TokenGrants>;
  name?: string;
  workerBin?: string;
  clock?: Clock;
  /** How alice joins. */
  join?: JoinOptions;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { environment, workerBin, clock, grants, name, join = {} } = options;
  const server = await startServer({ ...withKeys, ...environment }, { workerBin, ...(clock && { clock }) });
  const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  const { id: remoteProducer } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const { id: remoteVideo } = await bob.client.request('produce', videoTrack(bob.sendTransport, 2000));
  await bob.client.request('produceData', dataChannel(bob.sendTransport, 1));
  const alice = await enter({
    server,
    peerId: 'alice',
    token: await tokenFor('room', 'alice', { grants, name }),
    join,
  });
  const ids: Record<string, string> = {
    sendTransport: alice.sendTransport,
    recvTransport: alice.recvTransport,
    remoteProducer,
    remoteVideo,
  };
  if (!join.stayOutside) await publishAll(alice, grants?.publish ?? true, ids);
  const receives = !join.stayOutside && !join.rtpCapabilities && join.autoSubscribe !== false;
  if (receives && grants?.subscribe !== false) await receiveAll(alice.client, remoteVideo, ids);
  return { server, alice: alice.client, bob: bob.client, ids, [Symbol.asyncDispose]: () => server.stop() };
}

export function dataChannel(transportId: string, streamId: number): MethodParams<'produceData'> {
  return {
    transportId,
    sctpStreamParameters: { streamId, ordered: true },
    label: 'chat',
    protocol: '',
    appData: {},
  };
}

/** Puts the ids of a world in the place of texts such as `{producer}`. */
export function withIds<T>(value: T, ids: Readonly<Record<string, string>>): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => {
    const name = typeof part === 'string' ? /^\{(\w+)\}$/.exec(part)?.[1] : undefined;
    return name === undefined ? part : (ids[name] ?? part);
  }) as T;
}

async function publishAll(
  { client, sendTransport }: Member,
  publish: boolean | readonly string[],
  ids: Record<string, string>,
): Promise<void> {
  const may = (source: string) => (typeof publish === 'boolean' ? publish : publish.includes(source));
  if (may('audio')) ids.producer = (await client.request('produce', audioTrack(sendTransport, 3000))).id;
  if (may('data')) ids.dataProducer = (await client.request('produceData', dataChannel(sendTransport, 1))).id;
}

async function receiveAll(
  client: SignalingClient,
  videoId: string,
  ids: Record<string, string>,
): Promise<void> {
  ids.consumer = String((await client.waitFor('newConsumer', ({ producerId }) => producerId === videoId)).id);
  ids.dataConsumer = String((await client.waitFor('newDataConsumer')).id);
}
