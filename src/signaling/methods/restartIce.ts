import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { restartIce as restart } from '../../sfu/rooms/transports.ts';
import { IceParameters } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const restartIce = defineMethod({
  name: 'restartIce',
  doc: 'Restarts ICE after the network has changed: gives a transport new credentials. Media continues.',
  params: Type.Object({ transportId: Id }),
  result: IceParameters,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { transportId: '{sendTransport}' },
  run: async ({ peer }, { transportId }) => await restart(peer.webRtcTransport(transportId)),
});
