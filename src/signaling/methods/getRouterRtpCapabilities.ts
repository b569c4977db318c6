import { Type } from '@sinclair/typebox';
import { defineMethod } from '../method.ts';
import { RtpCapabilities } from '../rtp.ts';
import { Nothing } from '../wire.ts';

export const getRouterRtpCapabilities = defineMethod({
  name: 'getRouterRtpCapabilities',
  doc: 'The codecs and header extensions of the room; what `device.load()` wants.',
  params: Nothing,
  // Newer clients read them under a name of their own, older ones take the reply itself.
  result: Type.Composite([
    RtpCapabilities,
    Type.Object({ routerRtpCapabilities: Type.Optional(RtpCapabilities) }),
  ]),
  state: 'connected',
  grant: 'none',
  errors: [],
  example: {},
  run: ({ room }) => room.routers.rtpCapabilities,
});
