import { type Static, Type } from '@sinclair/typebox';
import { actorKinds } from './actors.ts';
import { peerEnds, transportEnds } from './ends.ts';
import { oneOf, orNull } from './schemas.ts';

/**
 * What became of the media of a peer, worst first: no packet of it arrived, DTLS was not agreed on, the way was lost for
 * good, it connected nothing, or all went well.
 */
export const mediaOutcomes = ['unreachable', 'dtls_failed', 'lost', 'unused', 'connected'] as const;
export type MediaOutcome = (typeof mediaOutcomes)[number];

/** Those in which somebody had no sound or picture who wanted it. */
export const failedOutcomes: ReadonlySet<MediaOutcome> = new Set(['unreachable', 'dtls_failed', 'lost']);

const milliseconds = (description: string) => Type.Number({ description: `${description}, in milliseconds` });
const endpoint = (description: string) => Type.String({ description: `${description}, as address:port` });

/** How the media connection of one transport went. Durations are since it was opened. */
const TransportCourse = Type.Object({
  direction: oneOf(['send', 'receive', 'both'], { description: 'As the client sees it' }),
  offered: Type.Array(Type.String(), {
    description: 'The candidates that the client was given, such as `udp 203.0.113.7:40000`',
  }),
  ice: orNull(
    Type.Object({
      after: milliseconds('Until ICE found a way for the first time'),
      protocol: oneOf(['udp', 'tcp']),
      local: endpoint('The side of the server in the pair that was selected last'),
      remote: endpoint("The client's side of it: its own, that of a NAT, or that of a relay"),
    }),
    'Null where ICE found no way, and for RTP without WebRTC',
  ),
  connected: orNull(milliseconds('Until DTLS was agreed on, or RTP could flow'), 'Null when it never was'),
  lost: Type.Integer({ description: 'How often the way was lost' }),
  waited: Type.Boolean({ description: 'Whether its client tried for 15 seconds in vain' }),
  end: orNull(oneOf(transportEnds), 'Null while it is open'),
  used: Type.Boolean({ description: 'Whether its client asked to connect it' }),
});
export type TransportCourse = Static<typeof TransportCourse>;

/** What was measured of the streams of a peer. */
const MediaQuality = Type.Object({
  roundTrip: orNull(
    Type.Object({ mean: Type.Number(), max: Type.Number() }, { description: 'By RTCP, in milliseconds' }),
  ),
  lossIn: orNull(Type.Number(), 'Share of the packets from the peer that were lost, 0 to 1'),
  lossOut: orNull(Type.Number(), 'Share of the packets to the peer that it says were lost, 0 to 1'),
  score: orNull(
    Type.Object(
      { mean: Type.Number(), min: Type.Number() },
      { description: "mediasoup's score of what it sent, 0 to 10" },
    ),
  ),
});
export type MediaQuality = Static<typeof MediaQuality>;

/**
 * How the stay of a peer in a room went, from its connection to its end: what somebody reads who asks why a call had no
 * sound or picture.
 */
export const PeerCourse = Type.Object({
  address: Type.String({ description: 'From which its signaling came' }),
  displayName: Type.String(),
  device: Type.String({ description: 'Name and version, as its client says; empty before it joined' }),
  outcome: oneOf(mediaOutcomes, { description: 'What became of its media' }),
  media: Type.String({ description: 'The same as a sentence, with what is likely to be in the way' }),
  toMedia: orNull(milliseconds('From its connection until media could flow'), 'Null when it never could'),
  transports: Type.Array(TransportCourse, { description: 'The latest eight' }),
  quality: orNull(
    MediaQuality,
    'By the samples of the metrics, up to 15 seconds before its end. Null for a stay that was too short for one',
  ),
  refused: Type.Array(Type.Object({ method: Type.String(), code: Type.String(), count: Type.Integer() }), {
    description: 'Its requests that were answered with an error',
  }),
  duration: milliseconds('How long it was in the room'),
  end: orNull(
    Type.Object({
      reason: oneOf(peerEnds),
      detail: Type.String(),
      by: Type.Object({ kind: oneOf(actorKinds), id: Type.String() }),
    }),
    'Null while it is in the room',
  ),
});
export type PeerCourse = Static<typeof PeerCourse>;
