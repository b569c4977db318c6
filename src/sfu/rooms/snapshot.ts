import type { types } from 'mediasoup';
import type { Attributes } from '../../core/attributes.ts';
import type { Grants } from '../../core/grants.ts';
import type { Quality } from '../../core/quality.ts';
import type { Source } from '../../core/sources.ts';
import type { Volume } from '../events.ts';
import type { WorkerPool } from '../media/workers.ts';
import type { LocalPublication, Peer, PeerTransport, Subscription } from './peer.ts';
import type { Device } from './peer-state.ts';
import type { Holder } from './publication.ts';
import type { RemotePublication } from './remote-publication.ts';
import type { Room } from './room.ts';
import type { RoomOptions } from './room-options.ts';
import { type WorkerSnapshot, workerSnapshot } from './worker-snapshot.ts';

export type { WorkerSnapshot };

/**
 * The read model: what is there at one moment, as plain data. The admin page, metrics and the REST API all read it;
 * none of them touches the domain's own objects. Times are milliseconds since the epoch.
 */
export interface NodeSnapshot {
  readonly time: number;
  /** When the drain ends, or null when the node takes new rooms. */
  readonly drainDeadline: number | null;
  readonly unreadyReasons: readonly string[];
  readonly workers: readonly WorkerSnapshot[];
  readonly rooms: readonly RoomSnapshot[];
}

export interface RoomSnapshot {
  readonly id: string;
  readonly openedAt: number;
  readonly locked: boolean;
  /** Bits a second that each transport may send; null for what the settings say. */
  readonly bitrateCap: number | null;
  /** Its own options; what is missing follows the settings. */
  readonly options: RoomOptions;
  /** Indices of the workers that carry it, the observers' one first. */
  readonly workers: readonly number[];
  readonly activePeerId: string | null;
  readonly speaking: readonly Volume[];
  readonly peers: readonly PeerSnapshot[];
  /** Missing where everything comes through. */
  readonly unreachable?: readonly UnreachableSnapshot[];
}

/** What a peer on another node publishes and cannot be brought to this one for now. It is tried again. */
export interface UnreachableSnapshot {
  readonly peerId: string;
  readonly producerId: string;
  readonly source: Source;
  /** A sentence without a capital and a full stop. */
  readonly cause: string;
  /** The node to which it cannot be brought, where those of several are together. */
  readonly node?: string;
}

export interface PeerSnapshot {
  readonly id: string;
  /** The node that it is on, where those of several nodes are together. */
  readonly node?: string;
  /** Of this stay: a peer that was replaced, or came again, has another. */
  readonly sessionId: string;
  /** The person or program behind it, who may have other peers here. */
  readonly subject: string;
  /** The key of the program that brought it; null for a peer with a token of its own. */
  readonly program: string | null;
  readonly state: 'connected' | 'joined' | 'closed';
  readonly displayName: string;
  readonly device: Device;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Nodes of earlier versions do not say it. */
  readonly attributes?: Attributes;
  readonly address: string;
  readonly tokenId: string | null;
  /** When its token was issued; null where it does not say. */
  readonly issuedAt: number | null;
  readonly grants: Grants;
  /** What it may publish now: the token's grant, less what a moderator took. */
  readonly publish: Grants['publish'];
  readonly connectedAt: number;
  readonly joinedAt: number | null;
  /** Since when its connection is cut; null while it is there. Nodes of earlier versions do not say it. */
  readonly awaySince?: number | null;
  /** The node that it moved here from. */
  readonly movedFrom?: string;
  /** How well media gets through between it and its node. Nodes of earlier versions do not say it. */
  readonly quality?: Quality;
  readonly worker: number | null;
  /** How much it has, where the lists below are read only when somebody looks at them. */
  readonly carries?: Carried;
  readonly transports: readonly TransportSnapshot[];
  readonly producers: readonly ProducerSnapshot[];
  readonly consumers: readonly ConsumerSnapshot[];
  readonly dataProducers: readonly { id: string; label: string; protocol: string; openedAt: number }[];
  readonly dataConsumers: readonly { id: string; dataProducerId: string; label: string; openedAt: number }[];
}

export interface Carried {
  readonly transportIds: readonly string[];
  readonly producers: number;
  readonly consumers: number;
}

export interface TransportSnapshot {
  readonly id: string;
  readonly type: PeerTransport['type'];
  readonly producing: boolean;
  readonly consuming: boolean;
  readonly openedAt: number;
  readonly connectedAt: number | null;
  /** Null for RTP without WebRTC, which has no ICE. */
  readonly iceState: types.IceState | null;
  /** Null for RTP without WebRTC, which has no DTLS. */
  readonly dtlsState: types.DtlsState | null;
  readonly sctpState: types.SctpState | null;
  readonly tuple: types.TransportTuple | null;
}

export interface ProducerSnapshot {
  readonly id: string;
  readonly kind: types.MediaKind;
  readonly source: Source;
  readonly type: types.ProducerType;
  readonly codec: string;
  readonly paused: boolean;
  readonly pausedBy: readonly Holder[];
  readonly score: readonly types.ProducerScore[];
  readonly openedAt: number;
}

export interface ConsumerSnapshot {
  readonly id: string;
  readonly producerId: string;
  readonly producerPeerId: string;
  readonly kind: types.MediaKind;
  readonly type: types.ConsumerType;
  readonly codec: string;
  readonly paused: boolean;
  readonly producerPaused: boolean;
  readonly priority: number;
  readonly score: types.ConsumerScore;
  readonly preferredLayers: types.ConsumerLayers | null;
  readonly currentLayers: types.ConsumerLayers | null;
  readonly openedAt: number;
}

/** What a snapshot is taken of. */
export interface SnapshotSources {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly pool: WorkerPool;
  readonly drainDeadline: number | null;
  unreadyReasons(): readonly string[];
}

type Describe = (peer: Peer) => PeerSnapshot;

export function takeSnapshot(
  sfu: SnapshotSources,
  now: number,
  describe: Describe = peerSnapshot,
): NodeSnapshot {
  return {
    time: now,
    drainDeadline: sfu.drainDeadline,
    unreadyReasons: sfu.unreadyReasons(),
    workers: sfu.pool.slots.map(workerSnapshot),
    rooms: [...sfu.rooms.values()].map((room) => roomSnapshot(room, describe)),
  };
}

export function roomSnapshot(room: Room, describe: Describe = peerSnapshot): RoomSnapshot {
  const { id, locked, bitrateCap, options, observers, mesh } = room;
  return {
    id,
    openedAt: mesh?.origin.current.openedAt ?? room.openedAt,
    locked,
    bitrateCap,
    options,
    workers: room.routers.all.map(({ live }) => live.index),
    activePeerId: mesh ? mesh.speakers.activePeerId : observers.activePeerId,
    speaking: mesh?.speakers.volumes ?? observers.speaking,
    peers: [...room.peers.values()].map(describe),
    ...unreachableSnapshot(mesh?.unreachable ?? []),
  };
}

function unreachableSnapshot(all: readonly RemotePublication[]): Pick<RoomSnapshot, 'unreachable'> {
  const unreachable = all.map(({ info, track }) => {
    const { id: producerId, peerId, source } = info;
    return { peerId, producerId, source, cause: track.trouble ?? '' };
  });
  return unreachable.length === 0 ? {} : { unreachable };
}

export function peerSnapshot(peer: Peer): PeerSnapshot {
  const { identity, state, displayName, device, publish, connectedAt } = peer;
  return {
    id: peer.id,
    sessionId: peer.sessionId,
    subject: identity.subject,
    program: identity.program ?? null,
    state: state.name,
    displayName,
    device,
    metadata: peer.metadata,
    attributes: peer.attributes,
    address: identity.address,
    tokenId: identity.tokenId ?? null,
    issuedAt: identity.issuedAt ?? null,
    grants: identity.grants,
    publish,
    connectedAt,
    joinedAt: state.name === 'joined' ? (peer.joinedAt ?? null) : null,
    awaySince: peer.absence?.since ?? null,
    ...(peer.origin && { movedFrom: peer.origin.node }),
    quality: peer.quality,
    worker: peer.router?.live.index ?? null,
    transports: transportsOf(peer),
    producers: producersOf(peer),
    consumers: consumersOf(peer),
    dataProducers: dataProducersOf(peer),
    dataConsumers: dataConsumersOf(peer),
  };
}

export const transportsOf = ({ transports }: Peer) => [...transports.values()].map(transportSnapshot);
export const producersOf = ({ publications }: Peer) => [...publications.values()].map(producerSnapshot);
export const consumersOf = ({ subscriptions }: Peer) => [...subscriptions.values()].map(consumerSnapshot);

export function dataProducersOf({ dataPublications }: Peer): PeerSnapshot['dataProducers'] {
  return [...dataPublications.values()].map(({ info: { id, label, protocol, openedAt } }) => ({
    ...{ id, label, protocol, openedAt },
  }));
}

export function dataConsumersOf({ dataSubscriptions }: Peer): PeerSnapshot['dataConsumers'] {
  return [...dataSubscriptions.values()].map(({ dataConsumer: { id, label }, publication, openedAt }) => ({
    ...{ id, dataProducerId: publication.info.id, label, openedAt },
  }));
}

function transportSnapshot(entry: PeerTransport): TransportSnapshot {
  const { type, transport, producing, consuming, openedAt, connectedAt = null } = entry;
  const webRtc = type === 'webrtc' ? entry.transport : undefined;
  return {
    id: transport.id,
    type,
    producing,
    consuming,
    openedAt,
    connectedAt,
    iceState: webRtc?.iceState ?? null,
    dtlsState: webRtc?.dtlsState ?? null,
    sctpState: transport.sctpState ?? null,
    tuple: tupleOf(entry),
  };
}

function tupleOf(entry: PeerTransport): types.TransportTuple | null {
  if (entry.type === 'webrtc') return entry.transport.iceSelectedTuple ?? null;
  // mediasoup has a tuple from the start; before the other side is known it leads nowhere.
  return entry.connectedAt === undefined ? null : entry.transport.tuple;
}

export function producerSnapshot({ producer, info }: LocalPublication): ProducerSnapshot {
  const { id, kind, type, codec, source, pausedBy, openedAt } = info;
  const { paused, score } = producer;
  return { id, kind, source, type, codec, paused, pausedBy: [...pausedBy], score, openedAt };
}

export function consumerSnapshot({ consumer, publication, openedAt }: Subscription): ConsumerSnapshot {
  const { id, kind, type, paused, producerPaused, priority, score } = consumer;
  return {
    id,
    producerId: publication.info.id,
    producerPeerId: publication.info.peerId,
    kind,
    type,
    codec: publication.info.codec,
    paused,
    producerPaused,
    priority,
    score,
    preferredLayers: consumer.preferredLayers ?? null,
    currentLayers: consumer.currentLayers ?? null,
    openedAt,
  };
}
