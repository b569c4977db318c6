import { Type } from '@sinclair/typebox';
import { Attributes } from '../core/attributes.ts';
import { Id, MediaKind, Quality, Source, StableWord } from '../core/schemas.ts';

/** A name that people read. The server removes control characters from it. */
export const DisplayName = Type.String({ maxLength: 256 });
const text = Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()]));
export const DeviceInfo = Type.Object({ flag: text, name: text, version: text });

/** What the application says of a peer: by its token at first. Its size is limited where it is set. */
export const Metadata = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
  maxProperties: 64,
  description: 'what the application says of the peer',
});

/** A peer as the others are told of it. */
export const PeerInfo = Type.Object({
  id: Id,
  peerId: Id,
  displayName: Type.String(),
  device: DeviceInfo,
  handRaisedAt: Type.Optional(
    Type.Integer({ description: 'its hand is raised since then, in milliseconds since the epoch' }),
  ),
  unreachable: Type.Optional(
    Type.Array(Source, { description: 'what of its media cannot be brought to this server for now' }),
  ),
  away: Type.Optional(Type.Boolean({ description: 'its connection is cut at the moment' })),
  metadata: Type.Optional(Metadata),
  attributes: Type.Optional(Attributes),
  quality: Type.Optional(Quality),
});

/** How good the connection of a peer is. */
export const PeerQuality = Type.Object({ peerId: Id, ...Quality.properties });

/** What may be published: everything, nothing, or only these sources. */
export const Publish = Type.Union([Type.Boolean(), Type.Array(Source, { maxItems: 8 })]);

/** Of a peer that moved to another server. */
export const Replaces = Type.Optional(
  Type.String({
    ...Id,
    description:
      'the peer moved to another server: this goes on with what came from that producer, which ends in a moment. Show the former until this one arrives',
  }),
);

export const ProducerInfo = Type.Object({
  producerId: Id,
  kind: MediaKind,
  source: Type.String({ description: 'audio, video or screen' }),
  paused: Type.Boolean(),
  replaces: Replaces,
});

/** How many are in a call. */
export const Turnout = Type.Object({
  count: Type.Integer({ description: 'everyone in the call, you and the audience too' }),
  audience: Type.Integer({ description: 'those of them who are counted and not listed' }),
});

export const RosterChanges = Type.Object({
  left: Type.Optional(
    Type.Array(Type.Object({ peerId: Id, reason: StableWord }), {
      description: 'who left, with the reason of peerLeft. One that is in `joined`, too, came back since',
    }),
  ),
  joined: Type.Optional(Type.Array(PeerInfo, { description: 'who came, perhaps you' })),
  changed: Type.Optional(
    Type.Array(PeerInfo, { description: 'whose description changed, perhaps yours: all of it' }),
  ),
  ...Turnout.properties,
});
