import { Elysia } from 'elysia';
import { Dashboard, dashboardPlugin, type Panel } from '../../admin/index.ts';
import type { CaptureCommands, CaptureState } from '../../src/commands/captures.ts';
import { Commands } from '../../src/commands/commands.ts';
import { readConfig } from '../../src/config/config.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { defaultGrants } from '../../src/core/grants.ts';
import { silentLogger } from '../../src/core/log.ts';
import { qualityOf } from '../../src/core/quality.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';
import type {
  NodeSnapshot,
  PeerSnapshot,
  ProducerSnapshot,
  RoomSnapshot,
  WorkerSnapshot,
} from '../../src/sfu/rooms/snapshot.ts';
import type { Sfu } from '../../src/sfu/sfu.ts';
import type { SignalingEvents } from '../../src/signaling/events.ts';
import { Store } from '../../src/store/store.ts';
import { hostileNames, type Kind, now, people } from './fixture-names.ts';
import { fillHistory, fillRecords } from './fixture-past.ts';
import { addUsers } from './support.ts';

const topics = [
  'standup',
  'design-review',
  'all-hands',
  'support-4711',
  'music-lesson',
  'interview',
  'retro',
  'board',
  'lecture-12',
  'office-hours',
  'yoga',
  'chess',
];
function producer(
  id: string,
  source: 'audio' | 'video' | 'screen',
  score: number,
  held = false,
): ProducerSnapshot {
  const video = source !== 'audio';
  return {
    id,
    kind: video ? 'video' : 'audio',
    source,
    type: source === 'video' ? 'simulcast' : 'simple',
    codec: video ? 'vp8' : 'opus',
    paused: held,
    pausedBy: held ? ['peer', 'moderator'] : [],
    score: (source === 'video' ? [1, 2, 3] : [1]).map((ssrc) => ({ encodingIdx: ssrc - 1, ssrc, score })),
    openedAt: now - 600_000,
  };
}

function peer(
  id: string,
  name: string,
  options: { score?: number; lost?: boolean; others?: readonly string[] } = {},
): PeerSnapshot {
  const { score = 10, lost = false, others = [] } = options;
  return {
    id,
    sessionId: id,
    subject: id,
    program: null,
    issuedAt: null,
    state: 'joined',
    displayName: name,
    device: { flag: 'chrome', name: 'Chrome', version: '142.0' },
    metadata: { team: name },
    address: '198.51.100.23',
    tokenId: `token-of-${id}`,
    grants: { ...defaultGrants, moderate: id.endsWith('0') },
    publish: true,
    connectedAt: now - 1_500_000,
    joinedAt: now - 1_499_000,
    worker: 0,
    ...(id.endsWith('1') && { movedFrom: 'iad' }),
    transports: [true, false].map((producing) => ({
      id: `${id} ${producing}`,
      type: 'webrtc',
      producing,
      consuming: !producing,
      openedAt: now - 1_499_500,
      connectedAt: now - 1_499_300,
      iceState: lost ? 'disconnected' : 'completed',
      dtlsState: 'connected',
      sctpState: 'connected',
      tuple: {
        localAddress: '192.0.2.1',
        localIp: '192.0.2.1',
        localPort: 40_000,
        remoteIp: '198.51.100.23',
        remotePort: 51_234,
        protocol: 'udp',
      },
    })),
    quality: qualityOf(score, lost ? 'bandwidth' : 'loss'),
    producers: [
      producer(`${id} audio`, 'audio', 10, id.endsWith('2')),
      producer(`${id} video`, 'video', score),
    ],
    consumers: others.map((other) => ({
      id: `${id} gets ${other}`,
      producerId: `${other} video`,
      producerPeerId: other,
      kind: 'video',
      type: 'simulcast',
      codec: 'vp8',
      paused: false,
      producerPaused: false,
      priority: 1,
      // The worker names the score of the layer that it forwards, so none while no layer fits.
      score: { score: 9, producerScore: lost ? 0 : score, producerScores: [score, score, score] },
      preferredLayers: { spatialLayer: 2, temporalLayer: 2 },
      currentLayers: lost ? null : { spatialLayer: 2, temporalLayer: 2 },
      openedAt: now - 1_400_000,
    })),
    dataProducers: [{ id: `${id} data`, label: name, protocol: '', openedAt: now }],
    dataConsumers: [],
  };
}

function room(id: string, names: readonly string[], kind: Kind): RoomSnapshot {
  const ids = names.map((name, index) => (kind === 'hostile' ? name : `${id}-${index}`));
  const poor = kind === 'degraded';
  const peers = names.map((name, index) => ({
    ...peer(ids[index] ?? name, name, {
      score: poor && index % 2 === 0 ? 3 : 9,
      lost: poor && index === 1,
      others: ids.filter((other) => other !== ids[index]).slice(0, 4),
    }),
    sessionId: `${id} ${index}`,
  }));
  return {
    id,
    openedAt: now - 5_400_000,
    locked: id.length % 3 === 0,
    bitrateCap: null,
    options: {},
    workers: [0],
    activePeerId: ids[0] ?? null,
    speaking: ids
      .slice(0, 2)
      .map((peerId, index) => ({ peerId, producerId: `${peerId} audio`, volume: -18 - index * 20 })),
    peers,
  };
}

function workers(kind: Kind): WorkerSnapshot[] {
  return [0, 1, 2, 3].map((index) => {
    const down = kind === 'degraded' && index === 2;
    const busy = kind !== 'empty' && !down;
    return {
      index,
      pid: down ? null : 4000 + index,
      startedAt: down ? null : now - 86_400_000 * (index + 1),
      deaths: down ? 3 : 0,
      routers: busy ? 3 + index : 0,
      producers: busy ? 24 * (index + 1) : 0,
      consumers: busy ? 212 * (index + 1) : 0,
      bitrate: busy ? 84_000_000 * (index + 1) : 0,
    };
  });
}

/** A capture that has ended. */
function captureOf(roomId: string, peerId: string): CaptureState {
  const times = { seconds: 10, startedAt: now - 60_000, end: 'time' } as const;
  return { id: 'capture', roomId, peerId, content: 'headers', ...times, packets: 1204, bytes: 91_204 };
}

/** A node as data. */
export function snapshotOf(kind: Kind): NodeSnapshot {
  const names = kind === 'hostile' ? hostileNames : topics;
  const rooms =
    kind === 'empty'
      ? []
      : names.map((id, index) =>
          room(id, kind === 'hostile' ? hostileNames : people.slice(0, 2 + (index % 8)), kind),
        );
  return {
    time: now,
    drainDeadline: kind === 'degraded' ? now + 540_000 : null,
    unreadyReasons:
      kind === 'degraded' ? ['the node is draining', 'workers died more than 3 times in a minute'] : [],
    workers: workers(kind),
    rooms,
  };
}

/** A dashboard over such a node, on a port of its own, without any worker. */
export async function startFixture(kind: Kind, panels: readonly Panel[] = []) {
  const snapshot = snapshotOf(kind);
  const events = new EventBus<SfuEvents>(silentLogger);
  const signaling = { events: new EventBus<SignalingEvents>(silentLogger) };
  const store = new Store({ log: silentLogger, now: () => now });
  Object.assign(store, { volatile: kind === 'empty' });
  // Pages read nothing but a snapshot of the node, so that a fixture needs no media.
  const sfu = { events, read: { glance: () => snapshot } } as unknown as Sfu;
  const config = readConfig({
    TUREEN_WORKERS: '4',
    TUREEN_MAX_PEERS_PER_ROOM: '9',
    ...(kind !== 'empty' && { TUREEN_WEBHOOKS: JSON.stringify(receivers) }),
  });
  const clock = { now: () => now, elapsed: () => now, after: () => () => {} };
  const log = {
    error: (message: string, fields: Record<string, unknown>) => void errors.push({ message, ...fields }),
  };
  const errors: Record<string, unknown>[] = [];
  const commands = new Commands(sfu, store, () => now);
  const captures = { lastOf: async (roomId: string, peerId: string) => captureOf(roomId, peerId) };
  const dashboard = new Dashboard({
    ...{ sfu, signaling, store, commands, config, panels, clock, log },
    captures: captures as unknown as CaptureCommands,
  });
  await addUsers(store);
  if (kind !== 'empty') {
    fillHistory(dashboard.monitor, snapshot, kind);
    fillRecords(store, snapshot, kind, events);
    await fillWebhooks(store, snapshot);
    for (const [index, { id: roomId }] of snapshot.rooms.slice(0, 5).entries())
      signaling.events.emit('connectionRefused', {
        code: index < 3 ? 'room_locked' : 'unauthorized',
        roomId,
      });
  }
  const app = new Elysia()
    .use(dashboardPlugin(dashboard))
    .listen({ hostname: '127.0.0.1', port: 0, idleTimeout: 30 });
  return {
    base: `http://127.0.0.1:${app.server?.port}/admin`,
    port: app.server?.port ?? 0,
    store,
    dashboard,
    events,
    signaling,
    errors,
    snapshot,
    async [Symbol.asyncDispose]() {
      dashboard.close();
      await app.server?.stop(true);
      store.close();
    },
  };
}

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const receivers = ['billing', 'ledger'].map((name) => ({
  name,
  url: `https://${name}.example.com/hooks`,
  secret,
}));

/** One receiver that fails: two events that it was not told in time, and one that waits. */
async function fillWebhooks({ webhooks }: Store, { rooms }: NodeSnapshot): Promise<void> {
  const receiver = 'billing';
  webhooks.resume(receiver);
  const roomIds = rooms.slice(0, 3).map(({ id }) => id);
  const ids: number[] = [];
  await new Promise<void>((resolve) => {
    const stop = webhooks.onWaiting(({ id }) => {
      if (ids.push(id) < roomIds.length) return;
      stop();
      resolve();
    });
    for (const [index, roomId] of roomIds.entries())
      webhooks.add({ receiver, eventId: `3f0c9a1e-${index}`, type: 'room_started', roomId, body: '{}' });
  });
  for (const id of ids.slice(0, -1)) {
    const webhook = webhooks.get(id);
    if (webhook) await webhooks.failed(webhook, 'it answered 503', true);
  }
}
