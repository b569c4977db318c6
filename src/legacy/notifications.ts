import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Id, MediaKind, orNull, StableWord } from '../core/schemas.ts';
import { AnyAppData } from './app-data.ts';
import { ProfileName } from './profiles.ts';
import { V2RtpParameters } from './rtp-schemas.ts';

/** What the server sends to clients of the old protocol. docs/v2.md is generated from this file and from messages/. */

/** Clients number their transports and producers themselves, the server numbers consumers. */
export const Num = Type.Integer({ minimum: 0, maximum: 4_294_967_295 });
const appData = Type.Optional(AnyAppData);
/** Entries as mediasoup 3 returns them. */
const stats = Type.Array(Type.Unknown());

export const V2Consumer = Type.Object({
  id: Num,
  kind: MediaKind,
  peerName: Id,
  rtpParameters: V2RtpParameters,
  paused: Type.Boolean({ description: 'by who sends it' }),
  preferredProfile: ProfileName,
  effectiveProfile: orNull(ProfileName, 'null while nothing is forwarded'),
  appData: AnyAppData,
});

export const V2Peer = Type.Object({ name: Id, appData: AnyAppData, consumers: Type.Array(V2Consumer) });

const message = <T extends TSchema>(data: T, doc: string) => ({ data, doc });

export const notifications = {
  closed: message(
    Type.Object({
      appData: Type.Object({
        reason: StableWord,
        detail: Type.String(),
        reconnect: Type.Boolean({ description: 'connecting again, with a new join, helps' }),
      }),
    }),
    'You are not in the room any more: the room was closed, you were removed, your media was lost with its worker, or the node ends. The socket closes after this.',
  ),
  transportClosed: message(
    Type.Object({ id: Num, appData }),
    'A transport was closed by the server, because its connection failed or ended.',
  ),
  transportStats: message(Type.Object({ id: Num, stats }), 'What `enableTransportStats` asked for.'),
  producerPaused: message(
    Type.Object({ id: Num, appData }),
    'A moderator muted it. It stays so until a moderator allows it and you resume it: by `resumeProducer`, which the library sends when it is paused and resumed again.',
  ),
  producerResumed: message(
    Type.Object({ id: Num, appData }),
    'It was muted, and you have resumed it: nobody else opens a microphone.',
  ),
  producerClosed: message(
    Type.Object({ id: Num, appData }),
    'Somebody else closed it, or its transport is gone.',
  ),
  producerStats: message(Type.Object({ id: Num, stats }), 'What `enableProducerStats` asked for.'),
  newPeer: message(V2Peer, 'A peer has joined, whatever protocol its client speaks. Its consumers follow.'),
  peerClosed: message(Type.Object({ name: Id, appData }), 'A peer has left.'),
  newConsumer: message(V2Consumer, 'A peer publishes. The consumer starts with `enableConsumer`.'),
  consumerPaused: message(
    Type.Object({ id: Num, peerName: Id, appData }),
    'Who sends it paused it, or a moderator did.',
  ),
  consumerResumed: message(Type.Object({ id: Num, peerName: Id, appData }), 'It goes on.'),
  consumerClosed: message(Type.Object({ id: Num, peerName: Id }), 'It has ended.'),
  consumerPreferredProfileSet: message(
    Type.Object({ id: Num, peerName: Id, profile: ProfileName }),
    'The profile that you asked for is set.',
  ),
  consumerEffectiveProfileChanged: message(
    Type.Object({ id: Num, peerName: Id, profile: ProfileName }),
    'Another layer is forwarded now.',
  ),
  consumerStats: message(
    Type.Object({ id: Num, peerName: Id, stats }),
    'What `enableConsumerStats` asked for.',
  ),
  notificationRefused: message(
    Type.Object({
      refused: orNull(Type.String(), 'the method; null for a frame that could not be read'),
      reason: Type.String({ description: '`code: sentence`' }),
    }),
    'Something of yours that has no response was refused. Not of version 2: its library only logs it.',
  ),
} as const;

export type NotificationName = keyof typeof notifications;
export type NotificationData<N extends NotificationName> = Static<(typeof notifications)[N]['data']>;
