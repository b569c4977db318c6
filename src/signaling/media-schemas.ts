import { Type } from '@sinclair/typebox';
import { IceServer, Id, MediaKind } from '../core/schemas.ts';
import { AppData } from '../wire/envelope.ts';
import {
  ConsumerScore,
  DtlsParameters,
  IceCandidate,
  IceParameters,
  RtpParameters,
  SctpParameters,
  SctpStreamParameters,
} from '../wire/rtp.ts';
import { Replaces } from './peer-schemas.ts';

/** Everything that a client needs to create its side of a transport. */
export const TransportInfo = Type.Object({
  id: Id,
  iceParameters: IceParameters,
  iceCandidates: Type.Array(IceCandidate),
  dtlsParameters: DtlsParameters,
  sctpParameters: SctpParameters,
  iceServers: Type.Optional(Type.Array(IceServer)),
});

export const ConsumerInfo = Type.Object({
  peerId: Id,
  producerId: Id,
  id: Id,
  transportId: Id,
  kind: MediaKind,
  rtpParameters: RtpParameters,
  type: Type.Union([
    Type.Literal('simple'),
    Type.Literal('simulcast'),
    Type.Literal('svc'),
    Type.Literal('pipe'),
  ]),
  appData: AppData,
  producerPaused: Type.Boolean(),
  consumerScore: ConsumerScore,
  replaces: Replaces,
});

export const DataConsumerInfo = Type.Object({
  peerId: Id,
  transportId: Id,
  dataProducerId: Id,
  id: Id,
  sctpStreamParameters: SctpStreamParameters,
  label: Type.String(),
  protocol: Type.String(),
  appData: AppData,
});

/** Entries as mediasoup returns them; newer clients get them as {stats}. */
export const Stats = Type.Array(Type.Unknown());
