import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { MediaKind, Nothing } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import {
  closePublication,
  pausePublication,
  publish,
  resumePublication,
} from '../../sfu/rooms/publishing.ts';
import { AnyAppData, boundedAppData, producerAppData } from '../app-data.ts';
import { requireFree } from '../media.ts';
import { defineMessage } from '../message.ts';
import { Num } from '../notifications.ts';
import { parametersFromV2 } from '../rtp.ts';
import { V2RtpParameters } from '../rtp-schemas.ts';
import { Interval } from './statistics.ts';

const appData = Type.Optional(AnyAppData);

export const createProducer = defineMessage({
  name: 'createProducer',
  type: 'request',
  target: 'peer',
  doc: 'Publishes a track over a sending transport. `source` in its appData tells a shared screen from a camera.',
  params: Type.Object({
    id: Num,
    kind: MediaKind,
    transportId: Num,
    rtpParameters: V2RtpParameters,
    paused: Type.Optional(Type.Boolean()),
    appData,
  }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'wrong_state', 'forbidden', 'limit_reached', 'media_rejected', 'unsupported', 'gone'],
  example: {
    id: 2222,
    kind: 'audio',
    transportId: '{sendTransport}',
    rtpParameters: {
      muxId: '9',
      codecs: [{ name: 'opus', mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 }],
      encodings: [{ ssrc: 91827364 }],
      rtcp: { cname: 'example', reducedSize: true, mux: true },
    },
    paused: false,
    appData: { source: 'mic' },
  },
  async run({ room, peer, media, notify, afterReply }, { id, kind, transportId, rtpParameters, ...rest }) {
    const { paused = false, appData } = rest;
    requireFree(media.sent, 'producer', id);
    const { transport } = media.transport(transportId);
    const publication = await publish(room, peer, {
      transportId: transport.id,
      kind,
      rtpParameters: parametersFromV2(rtpParameters),
      appData: producerAppData(boundedAppData(appData)),
      paused,
    });
    const sent = { id, publication, toldPaused: publication.pausedBy.has('moderator') };
    if (!publication.producer.closed) media.sent.set(id, sent);
    if (sent.toldPaused) afterReply(() => notify('producerPaused', { id }));
    return {};
  },
});

export const updateProducer = defineMessage({
  name: 'updateProducer',
  type: 'notification',
  target: 'peer',
  doc: 'Refused: version 3 cannot change the RTP parameters of a producer. Close it and create another one.',
  params: Type.Object({ id: Num, rtpParameters: V2RtpParameters }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'unsupported'],
  example: {
    id: '{producer}',
    rtpParameters: { codecs: [{ name: 'opus', mimeType: 'audio/opus', payloadType: 111, clockRate: 48000 }] },
  },
  run({ media }, { id }) {
    media.producer(id);
    throw new SfuError(
      'unsupported',
      'the RTP parameters of a producer cannot change; close it and create another one, or replace its track',
    );
  },
});

export const pauseProducer = defineMessage({
  name: 'pauseProducer',
  type: 'notification',
  target: 'peer',
  doc: 'Pauses what you send. The others are told.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'gone'],
  example: { id: '{producer}' },
  async run({ room, media, attachments }, { id, appData }) {
    const { publication } = media.producer(id);
    attachments.changes(publication, boundedAppData(appData));
    await pausePublication(room, publication);
    return {};
  },
});

export const resumeProducer = defineMessage({
  name: 'resumeProducer',
  type: 'notification',
  target: 'peer',
  doc: 'Goes on sending. Refused while a moderator holds it.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found', 'forbidden', 'gone'],
  example: { id: '{producer}' },
  async run({ room, media, attachments, notify }, { id, appData }) {
    const sent = media.producer(id);
    attachments.changes(sent.publication, boundedAppData(appData));
    await resumePublication(room, sent.publication);
    if (sent.toldPaused && sent.publication.pausedBy.size === 0) {
      sent.toldPaused = false;
      notify('producerResumed', { id });
    }
    return {};
  },
});

export const closeProducer = defineMessage({
  name: 'closeProducer',
  type: 'notification',
  target: 'peer',
  doc: 'Ends what you send.',
  params: Type.Object({ id: Num, appData }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{producer}' },
  run({ peer, media, statistics }, { id }) {
    const sent = media.producer(id);
    statistics.stop(sent);
    media.sent.delete(id);
    closePublication(sent.publication, 'peer', { kind: 'peer', id: peer.id });
    return {};
  },
});

export const enableProducerStats = defineMessage({
  name: 'enableProducerStats',
  type: 'notification',
  target: 'peer',
  doc: 'Sends `producerStats` from time to time.',
  params: Type.Object({ id: Num, interval: Interval }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{producer}', interval: 1000 },
  run({ media, statistics, notify }, { id, interval }) {
    const sent = media.producer(id);
    statistics.start(sent, {
      interval,
      read: () => readStatistics(sent.publication.producer),
      send: (stats) => notify('producerStats', { id, stats }),
    });
    return {};
  },
});

export const disableProducerStats = defineMessage({
  name: 'disableProducerStats',
  type: 'notification',
  target: 'peer',
  doc: 'Ends what `enableProducerStats` began.',
  params: Type.Object({ id: Num }),
  result: Nothing,
  state: 'joined',
  errors: ['not_found'],
  example: { id: '{producer}' },
  run({ media, statistics }, { id }) {
    statistics.stop(media.producer(id));
    return {};
  },
});
