import { Nothing } from '../../core/schemas.ts';
import { RtpCapabilities } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const getRouterRtpCapabilities = defineMethod({
  name: 'getRouterRtpCapabilities',
  doc: 'The codecs and header extensions of the room, for `device.load()`.',
  params: Nothing,
  result: RtpCapabilities,
  state: 'connected',
  grant: 'none',
  errors: [],
  example: {},
  run: ({ room }) => room.routers.rtpCapabilities,
});
