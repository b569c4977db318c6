import { Type } from '@sinclair/typebox';
import { Attributes } from '../../core/attributes.ts';
import { Id } from '../../core/schemas.ts';
import { cleanDevice, cleanName } from '../../core/text.ts';
import { offerAll, subscribeToAll } from '../../sfu/rooms/offering.ts';
import { watchedOf } from '../../sfu/rooms/watching.ts';
import { RtpCapabilities } from '../../wire/rtp.ts';
import { AudiencePage } from '../audience-page.ts';
import { describeConsumers } from '../describe.ts';
import { ConsumerInfo } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';
import { DeviceInfo, DisplayName, Turnout } from '../peer-schemas.ts';
import { describeCall, OthersInCall, Permissions } from '../whole-call.ts';
import { maxWatched } from './watch.ts';

export const join = defineMethod({
  name: 'join',
  doc: 'Joins the call: the others are notified, and you get consumers of what they publish. Without rtpCapabilities you receive nothing.',
  params: Type.Object({
    displayName: Type.Optional(DisplayName),
    device: Type.Optional(DeviceInfo),
    rtpCapabilities: Type.Optional(RtpCapabilities),
    sctpCapabilities: Type.Optional(Type.Unknown()),
    attributes: Type.Optional(Attributes),
    autoSubscribe: Type.Optional(
      Type.Boolean({
        description: 'false: you get only the consumers that you ask for with `consume`; default true',
      }),
    ),
    videoLimit: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxWatched,
        description:
          'you get so many videos at most, the shared screens first, until you say by `watch` which ones you want; default: all of them',
      }),
    ),
    watch: Type.Optional(
      Type.Array(Id, {
        maxItems: maxWatched,
        description: 'the producers of the videos that you want from the beginning, as `watch` says it later',
      }),
    ),
    audience: Type.Optional(
      Type.Boolean({
        description:
          'true: you are counted and not listed until you publish or raise your hand, as those who may not publish are',
      }),
    ),
  }),
  result: Type.Object({
    peers: OthersInCall,
    ...Type.Partial(Turnout, { description: 'of `?roster=1`' }).properties,
    audiencePage: Type.Optional(
      Type.Object(AudiencePage.properties, { description: 'of `?roster=1`: the first of the audience' }),
    ),
    consumers: Type.Optional(
      Type.Array(ConsumerInfo, {
        description:
          'of the fast join: consumers of everything, or of as many videos as you wanted, paused; start them with resumeConsumers',
      }),
    ),
    locked: Type.Optional(Type.Boolean({ description: 'of the fast join: nobody else may enter' })),
    displayName: Type.Optional(
      Type.String({ description: 'of the fast join: your name as others see it, which the token may set' }),
    ),
    attributes: Type.Optional(Attributes),
    permissions: Type.Optional(
      Type.Object(Permissions.properties, { description: 'of the fast join: what you may do' }),
    ),
  }),
  state: 'connected',
  grant: 'none',
  errors: ['wrong_state', 'limit_reached'],
  example: {
    displayName: 'Alice',
    device: { flag: 'chrome', name: 'Chrome', version: '156' },
    rtpCapabilities: {},
  },
  async run({ room, peer, fast, takesRoster, afterReply }, params) {
    const { displayName = '', device = {}, rtpCapabilities, autoSubscribe = true } = params;
    const { audience, attributes, videoLimit } = params;
    const watched = params.watch && watchedOf(room, params.watch);
    room.join(peer, {
      displayName: cleanName(displayName),
      device: cleanDevice(device),
      rtpCapabilities,
      autoSubscribe,
      videoLimit,
      watched,
      attributes,
      audience,
    });
    // One that moves gets the rest when it has taken over: what it receives there is not for it twice.
    if (!peer.passage) afterReply(() => offerAll(room, peer));
    const subscriptions = fast ? await subscribeToAll(room, peer) : [];
    // Read after the consumers are made: the client already got notifications of what ended meanwhile.
    const { peers, roster, ...ofFastJoin } = describeCall(room, peer, { takesRoster });
    const consumers = describeConsumers(subscriptions);
    return { peers, ...roster, ...(fast && { consumers, ...ofFastJoin }) };
  },
});
