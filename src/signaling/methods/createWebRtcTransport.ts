import { Type } from '@sinclair/typebox';
import { offerAll } from '../../sfu/rooms/offering.ts';
import { openTransport } from '../../sfu/rooms/transports.ts';
import { AppData } from '../../wire/envelope.ts';
import { describeTransport } from '../describe.ts';
import { TransportInfo } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const createWebRtcTransport = defineMethod({
  name: 'createWebRtcTransport',
  doc: 'Opens a transport on the server. Open one for sending and one for receiving before you join.',
  params: Type.Object({
    producing: Type.Optional(Type.Boolean({ description: 'for sending' })),
    consuming: Type.Optional(Type.Boolean({ description: 'for receiving' })),
    forceTcp: Type.Optional(Type.Boolean({ description: 'offer TCP candidates only' })),
    // Old clients send this. The server does not need it: SCTP is always enabled.
    sctpCapabilities: Type.Optional(Type.Unknown()),
    appData: Type.Optional(AppData),
  }),
  result: TransportInfo,
  state: 'connected',
  grant: 'none',
  errors: ['limit_reached', 'gone', 'worker_unavailable'],
  example: { producing: true, consuming: false },
  async run(
    { room, peer, wantsBandwidth, iceServers, afterReply },
    { producing = false, consuming = false, forceTcp = false },
  ) {
    const followsBandwidth = consuming && wantsBandwidth;
    const entry = await openTransport(room, peer, { producing, consuming, forceTcp, followsBandwidth });
    if (consuming && peer.joined) afterReply(() => offerAll(room, peer));
    return describeTransport(room, entry, iceServers());
  },
});
