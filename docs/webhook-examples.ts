import type { PeerCourse } from '../src/core/peer-course.ts';
import { publicEventsOf } from '../src/public-events/catalogue.ts';
import type { PublicEvent } from '../src/public-events/stream.ts';
import type { SfuEventName, SfuEvents } from '../src/sfu/events.ts';
import { bodyOf } from '../src/webhooks/webhooks.ts';

type Sample = { [N in SfuEventName]: readonly [N, SfuEvents[N]] }[SfuEventName];

const roomId = 'standup';
const alice = { roomId, peerId: 'alice', sessionId: '01931b2c-4a61-7a3e-b7d2-6f1f0a2c9e54' };
const admin = { kind: 'admin', id: 'grace' } as const;
const byAlice = { kind: 'peer', id: 'alice' } as const;
const byServer = { kind: 'server', id: '' } as const;
const producer = { ...alice, producerId: '9d1f0c3e', kind: 'audio', source: 'audio' } as const;
const consumer = {
  roomId,
  peerId: 'bob',
  sessionId: '01931b2c-5e0f-7d10-9c55-0a4f2f7f6c11',
  consumerId: '51b7aa02',
  producerId: '9d1f0c3e',
  producerPeerId: 'alice',
  kind: 'audio',
} as const;
const dataProducer = { ...alice, dataProducerId: 'c40e8815' };
const left = {
  ...alice,
  joined: true,
  rejoining: false,
  hidden: false,
  standing: 'listed',
  duration: 615_300,
} as const;
/** Of a client that could not reach the media port. */
const course = {
  address: '198.51.100.23',
  displayName: 'Alice',
  device: 'Chrome 142.0',
  outcome: 'unreachable',
  media:
    'nothing of it arrived at the media port: look at the announced address, the firewall, and whether its network allows UDP or TCP to that port',
  toMedia: null,
  transports: [
    {
      direction: 'send',
      offered: ['udp 203.0.113.7:40000', 'tcp 203.0.113.7:40000'],
      ice: null,
      connected: null,
      lost: 0,
      waited: true,
      end: 'peer_left',
      used: true,
    },
  ],
  quality: null,
  refused: [],
  duration: 31_400,
  end: { reason: 'left', detail: '', by: byAlice },
} satisfies PeerCourse;

/** Domain events in the order of a call. The webhooks are derived from them by the server's code, so they are never stale. */
const samples: readonly Sample[] = [
  ['roomOpened', { roomId, workerIndex: 0 }],
  ['roomChanged', { roomId, by: admin }],
  ['roomLocked', { roomId, locked: true, by: admin }],
  ['roomLocked', { roomId, locked: false, by: admin }],
  ['peerJoined', { ...alice, displayName: 'Alice', hidden: false, duration: 180 }],
  ['peerRenamed', { ...alice, displayName: 'Alice L.', oldDisplayName: 'Alice', hidden: false }],
  ['peerMetadataChanged', { ...alice, metadata: { seat: 4 }, by: { kind: 'api', id: 'seating' } }],
  ['peerAttributesChanged', { ...alice, attributes: { mood: 'calm' }, hidden: false, by: byAlice }],
  ['peerPermissionsChanged', { ...alice, publish: ['audio'], by: admin }],
  ['producerOpened', { ...producer, paused: false, codec: 'opus' }],
  ['producerPaused', { ...producer, by: byAlice }],
  ['producerResumed', { ...producer, by: byAlice }],
  ['consumerOpened', { ...consumer, type: 'simple', codec: 'opus' }],
  ['activeSpeaker', { roomId, peerId: 'alice', volume: -31 }],
  ['consumerClosed', { ...consumer, reason: 'producer_closed' }],
  ['producerClosed', { ...producer, reason: 'peer', by: byAlice }],
  ['dataProducerOpened', { ...dataProducer, label: 'chat' }],
  ['dataProducerClosed', { ...dataProducer, reason: 'peer_left' }],
  ['peerLeft', { ...left, reason: 'removed', detail: 'spam', by: admin }],
  ['peerMediaFailed', { ...alice, course }],
  ['roomClosed', { roomId, reason: 'empty', duration: 900_000, by: byServer }],
  ['drainStarted', { deadline: 1_780_000_060_000, by: admin }],
  ['drainCancelled', { by: admin }],
  ['drainEnded', { remainingPeers: 0 }],
  ['workerStarted', { workerIndex: 0, pid: 4711, restart: true }],
  ['workerDied', { workerIndex: 0, pid: 4702, cause: 'it ended with signal SIGSEGV' }],
];

const time = Date.UTC(2026, 4, 12, 9, 41, 0);

/** The JSON text of one webhook of each type, in the order of a call. */
export function webhookExamples(): ReadonlyMap<PublicEvent['type'], string> {
  const examples = new Map<PublicEvent['type'], string>();
  for (const [name, sample] of samples)
    for (const [type, data] of publicEventsOf(name, sample as never)) {
      const number = examples.size + 1;
      const ofRoom =
        typeof data.roomId === 'string' ? { roomId, sequence: number } : { roomId: null, sequence: null };
      const event = { key: `3f0c9a1e-${number}`, type, time: time + 1000 * number, ...ofRoom, data };
      examples.set(type, bodyOf(event, 'ams-1'));
    }
  return examples;
}
