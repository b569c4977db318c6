import { Type } from '@sinclair/typebox';
import { Id, MediaKind } from '../core/schemas.ts';
import { dataCheck } from '../wire/check.ts';
import { DtlsParameters, RtpCapabilities, RtpParameters, SctpStreamParameters } from '../wire/rtp.ts';

/**
 * Bodies of the broadcaster API, in both forms that scripts for the mediasoup demo use. The older scripts join when
 * they are created and put ids into the path; the newer ones join with a call of its own and put ids into the body.
 */
const Port = Type.Integer({ minimum: 1, maximum: 65535 });
const Device = Type.Object({
  flag: Type.Optional(Type.String({ maxLength: 256 })),
  name: Type.Optional(Type.String({ maxLength: 256 })),
  version: Type.Optional(Type.String({ maxLength: 256 })),
});
const AppData = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 64 });
const peerFields = {
  displayName: Type.Optional(Type.String({ maxLength: 256 })),
  device: Type.Optional(Device),
  rtpCapabilities: Type.Optional(RtpCapabilities),
};

export const olderCreate = dataCheck(Type.Object({ id: Id, ...peerFields }));
export const newerCreate = dataCheck(Type.Object({ peerId: Id, ...peerFields }));

const Direction = Type.Union([
  Type.Literal('producer'),
  Type.Literal('consumer'),
  Type.Literal('send'),
  Type.Literal('recv'),
]);

export const openTransport = dataCheck(
  Type.Object({
    /** From older scripts: webrtc is for broadcasters that speak ICE and DTLS. */
    type: Type.Optional(Type.Union([Type.Literal('plain'), Type.Literal('webrtc')])),
    /** From newer scripts. */
    direction: Type.Optional(Direction),
    /** From the newest applications. */
    appData: Type.Optional(Type.Object({ direction: Type.Optional(Direction) })),
    comedia: Type.Optional(Type.Boolean()),
    rtcpMux: Type.Optional(Type.Boolean()),
    sctpCapabilities: Type.Optional(Type.Unknown()),
  }),
);
export const connect = dataCheck(
  Type.Union([
    Type.Object({ dtlsParameters: DtlsParameters }),
    Type.Object({
      ip: Type.String({ minLength: 1, maxLength: 64 }),
      port: Port,
      rtcpPort: Type.Optional(Port),
    }),
  ]),
);

const track = { kind: MediaKind, rtpParameters: RtpParameters, appData: Type.Optional(AppData) };
export const produce = dataCheck(Type.Object(track));
export const newerProduce = dataCheck(Type.Object({ transportId: Id, ...track }));
export const produceData = dataCheck(
  Type.Object({
    label: Type.Optional(Type.String({ maxLength: 256 })),
    protocol: Type.Optional(Type.String({ maxLength: 256 })),
    sctpStreamParameters: SctpStreamParameters,
    appData: Type.Optional(AppData),
  }),
);

export const consume = dataCheck(Type.Object({ producerId: Id }));
const consumption = {
  producerId: Id,
  paused: Type.Optional(Type.Boolean()),
  rtpCapabilities: Type.Optional(RtpCapabilities),
};
export const consumeOverTransport = dataCheck(Type.Object(consumption));
export const newerConsume = dataCheck(Type.Object({ transportId: Id, ...consumption }));
export const resumeOverTransport = dataCheck(Type.Object({ consumerId: Id }));
export const consumeData = dataCheck(Type.Object({ dataProducerId: Id }));
