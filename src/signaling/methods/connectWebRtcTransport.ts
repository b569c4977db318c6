import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { connectTransport } from '../../sfu/rooms/transports.ts';
import { DtlsParameters } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const connectWebRtcTransport = defineMethod({
  name: 'connectWebRtcTransport',
  doc: 'Connects a transport with the DTLS parameters of the client.',
  params: Type.Object({ transportId: Id, dtlsParameters: DtlsParameters }),
  result: Nothing,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'wrong_state', 'gone'],
  example: {
    transportId: '{sendTransport}',
    dtlsParameters: {
      role: 'server',
      fingerprints: [
        {
          algorithm: 'sha-256',
          value:
            '82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD',
        },
      ],
    },
  },
  async run({ room, peer }, { transportId, dtlsParameters }) {
    await connectTransport(room, peer.webRtcTransport(transportId), dtlsParameters);
    return {};
  },
});
