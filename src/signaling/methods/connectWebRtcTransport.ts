import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { connectTransport } from '../../sfu/rooms/transports.ts';
import { DtlsParameters, exampleDtls } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const connectWebRtcTransport = defineMethod({
  name: 'connectWebRtcTransport',
  doc: 'Connects a transport with the DTLS parameters of the client.',
  params: Type.Object({ transportId: Id, dtlsParameters: DtlsParameters }),
  result: Nothing,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'wrong_state', 'gone'],
  example: { transportId: '{sendTransport}', dtlsParameters: exampleDtls },
  async run({ room, peer }, { transportId, dtlsParameters }) {
    await connectTransport(room, peer.webRtcTransport(transportId), dtlsParameters);
    return {};
  },
});
