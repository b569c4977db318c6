import { type Static, Type } from '@sinclair/typebox';
import { Id, MediaKind, oneOf, orNull } from '../core/schemas.ts';
import type { ConsumerInRoom } from '../sfu/rooms/read-model.ts';
import type { PeerSnapshot, TransportSnapshot } from '../sfu/rooms/snapshot.ts';
import { dataCheck } from '../wire/check.ts';
import { Count, Time } from './schemas.ts';

/** What nodes read of each other's media, page by page: there can be far more of it than of peers. */

const text = Type.String({ maxLength: 8192 });
const word = Type.String({ maxLength: 64 });
const Layers = Type.Object({ spatialLayer: Count, temporalLayer: Type.Optional(Count) });

const Consumer = Type.Object({
  id: Id,
  peerId: Id,
  producerId: Id,
  producerPeerId: Id,
  kind: MediaKind,
  type: oneOf(['simple', 'simulcast', 'svc', 'pipe']),
  codec: word,
  paused: Type.Boolean(),
  producerPaused: Type.Boolean(),
  priority: Count,
  score: Type.Object({
    score: Type.Integer(),
    producerScore: Type.Integer(),
    producerScores: Type.Array(Type.Integer(), { maxItems: 64 }),
  }),
  preferredLayers: orNull(Layers),
  currentLayers: orNull(Layers),
  openedAt: Time,
});

const Transport = Type.Object({
  id: Id,
  type: oneOf(['webrtc', 'plain', 'pipe']),
  producing: Type.Boolean(),
  consuming: Type.Boolean(),
  openedAt: Time,
  connectedAt: orNull(Time),
  iceState: orNull(word),
  dtlsState: orNull(word),
  sctpState: orNull(word),
  tuple: orNull(
    Type.Object({
      protocol: oneOf(['udp', 'tcp']),
      localAddress: text,
      localPort: Count,
      remoteIp: Type.Optional(text),
      remotePort: Type.Optional(Count),
    }),
  ),
});

const DataProducer = Type.Object({ id: Id, label: text, protocol: text, openedAt: Time });
const DataConsumer = Type.Object({ id: Id, dataProducerId: Id, label: text, openedAt: Time });

/** What each list has. */
export interface ListItems {
  readonly consumers: ConsumerInRoom;
  readonly transports: TransportSnapshot;
  readonly dataProducers: PeerSnapshot['dataProducers'][number];
  readonly dataConsumers: PeerSnapshot['dataConsumers'][number];
}
export type ListName = keyof ListItems;

const lists = {
  consumers: Consumer,
  transports: Transport,
  dataProducers: DataProducer,
  dataConsumers: DataConsumer,
};
export const listNames = ['consumers', 'transports', 'dataProducers', 'dataConsumers'] as const;

/** The items of a page may be of another list only when a node is wrong. */
export const listChecks = {
  consumers: dataCheck(Consumer),
  transports: dataCheck(Transport),
  dataProducers: dataCheck(DataProducer),
  dataConsumers: dataCheck(DataConsumer),
};

export const ListQuery = Type.Object({
  list: oneOf(listNames),
  roomId: Id,
  peerId: orNull(Id, 'whose; null for those of every peer, which only consumers are listed of'),
  producerId: orNull(Id, 'only consumers of this producer'),
  kind: orNull(MediaKind, 'only consumers of this kind'),
  id: orNull(Id, 'only this one'),
  after: orNull(Type.String({ maxLength: 1024 }), 'only ids after this one'),
  limit: Type.Integer({ minimum: 1, maximum: 201 }),
});
export type ListQuery = Static<typeof ListQuery>;

export const ListPage = Type.Object({
  items: Type.Array(Type.Union(Object.values(lists)), {
    maxItems: 201,
    description: 'the first ones in the order of their ids',
  }),
});

export const StatsQuery = Type.Object({ roomId: Id, id: Id });
export const StatsAnswer = Type.Object({
  stats: Type.Array(Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 256 }), {
    maxItems: 64,
  }),
});
