import { Type } from '@sinclair/typebox';
import { Id, MediaKind } from '../core/schemas.ts';
import { dataCheck } from '../wire/check.ts';
import { DtlsParameters, RtpCapabilities, RtpParameters, SctpStreamParameters } from '../wire/rtp.ts';

/**
 * What broadcasters send, in both shapes that scripts for the mediasoup demo use. The older one joins at once and has
 * its ids in the address; the newer one joins by a call of its own and has its ids in the body.
 */
const Port = Type.Integer({ minimum: 1, maximum: 65535 });
const Device = Type.Object({
  flag: Type.Optional(Type.String({ maxLength: 256 })),
  name: Type.Optional(Type.String({ maxLength: 256 })),
  version: Type.Optional(Type.String({ maxLength: 256 })),
});
const AppData = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 64 });
const about = {
  displayName: Type.Optional(Type.String({ maxLength: 256 })),
  device: Type.Optional(Device),
  rtpCapabilities: Type.Optional(RtpCapabilities),
};

export const olderCreate = dataCheck(Type.Object({ id: Id, ...about }));
export const newerCreate = dataCheck(Type.Object({ peerId: Id, ...about }));

export const openTransport = dataCheck(
  Type.Object({
    /** Of the older shape: webrtc is for broadcasters that speak ICE and DTLS. */
    type: Type.Optional(Type.Union([Type.Literal('plain'), Type.Literal('webrtc')])),
    /** Of the newer shape. */
    direction: Type.Optional(
      Type.Union([
        Type.Literal('producer'),
        Type.Literal('consumer'),
        Type.Literal('send'),
        Type.Literal('recv'),
      ]),
    ),
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

const produced = { kind: MediaKind, rtpParameters: RtpParameters, appData: Type.Optional(AppData) };
export const produce = dataCheck(Type.Object(produced));
export const newerProduce = dataCheck(Type.Object({ transportId: Id, ...produced }));
export const produceData = dataCheck(
  Type.Object({
    label: Type.Optional(Type.String({ maxLength: 256 })),
    protocol: Type.Optional(Type.String({ maxLength: 256 })),
    sctpStreamParameters: SctpStreamParameters,
    appData: Type.Optional(AppData),
  }),
);

export const consume = dataCheck(Type.Object({ producerId: Id }));
export const newerConsume = dataCheck(
  Type.Object({
    transportId: Id,
    producerId: Id,
    paused: Type.Optional(Type.Boolean()),
    rtpCapabilities: Type.Optional(RtpCapabilities),
  }),
);
export const consumeData = dataCheck(Type.Object({ dataProducerId: Id }));
