import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { restartIce as restart } from '../../sfu/rooms/transports.ts';
import { IceParameters } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const restartIce = defineMethod({
  name: 'restartIce',
  doc: 'New ICE credentials for a transport whose network changed; media goes on.',
  params: Type.Object({ transportId: Id }),
  result: IceParameters,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { transportId: '{sendTransport}' },
  run: async ({ peer }, { transportId }) => await restart(peer.webRtcTransport(transportId)),
});
