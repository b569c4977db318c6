import { Type } from '@sinclair/typebox';
import { Id, MediaKind } from '../../core/schemas.ts';
import { publish } from '../../sfu/rooms/publishing.ts';
import { AppData } from '../../wire/envelope.ts';
import { RtpParameters } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

export const produce = defineMethod({
  name: 'produce',
  doc: 'Publishes a track over a sending transport. The others get a consumer of it.',
  params: Type.Object({
    transportId: Id,
    kind: MediaKind,
    rtpParameters: RtpParameters,
    appData: Type.Optional(AppData),
    paused: Type.Optional(Type.Boolean()),
    replaces: Type.Optional(
      Type.String({
        ...Id,
        description:
          'while you move here from another server: your producer there that this one goes on with',
      }),
    ),
  }),
  result: Type.Object({ id: Id }),
  state: 'joined',
  grant: 'publish',
  errors: ['not_found', 'wrong_state', 'forbidden', 'limit_reached', 'media_rejected', 'unsupported', 'gone'],
  example: {
    transportId: '{sendTransport}',
    kind: 'audio',
    rtpParameters: {
      mid: '9',
      codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 10 }],
      encodings: [{ ssrc: 91827364 }],
      rtcp: { cname: 'example' },
    },
    appData: { source: 'mic' },
  },
  async run({ room, peer }, { transportId, kind, rtpParameters, appData = {}, paused = false, replaces }) {
    const request = { transportId, kind, rtpParameters, appData, paused, replaces };
    const { producer } = await publish(room, peer, request);
    return { id: producer.id };
  },
});
