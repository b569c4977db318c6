import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import type { types } from 'mediasoup';
import * as ortc from 'mediasoup/ortc';
import * as library from 'mediasoup-client-2/lib-es5/ortc';
import {
  capabilitiesFromV2,
  capabilitiesToV2,
  parametersFromV2,
  parametersToV2,
} from '../../src/legacy/rtp.ts';
import {
  type V2Capabilities,
  type V2Parameters,
  V2RtpCapabilities,
  V2RtpParameters,
} from '../../src/legacy/rtp-schemas.ts';
import { mediaCodecs } from '../../src/sfu/media/codecs.ts';
import chromium from './recordings/chromium.json';
import firefox from './recordings/firefox.json';

interface Recording {
  readonly recorded: string;
  readonly rtpCapabilities: V2Capabilities;
  readonly audio: V2Parameters;
  readonly video: V2Parameters;
  readonly simulcast: V2Parameters;
}

const recordings = [chromium, firefox] as unknown as Recording[];
const room = ortc.generateRouterRtpCapabilities(mediaCodecs(['opus', 'VP8', 'VP9', 'H264', 'AV1']));

/** What mediasoup makes of what a client sends: it throws for what it does not take. */
function consumable(kind: types.MediaKind, rtpParameters: types.RtpParameters): types.RtpParameters {
  ortc.validateAndNormalizeRtpParameters(rtpParameters);
  const mapping = ortc.getProducerRtpParametersMapping(rtpParameters, room);
  return ortc.getConsumableRtpParameters(kind, rtpParameters, room, mapping);
}

/** What a client is sent of what another one sends. */
function consumed(rtpParameters: types.RtpParameters, rtpCapabilities: types.RtpCapabilities) {
  ortc.validateAndNormalizeRtpCapabilities(rtpCapabilities);
  return ortc.getConsumerRtpParameters({
    consumableRtpParameters: rtpParameters,
    remoteRtpCapabilities: rtpCapabilities,
    pipe: false,
    enableRtx: true,
  });
}

test('what a room offers has names, and no empty parameter of feedback, by which clients of version 2 compare', () => {
  const offered = capabilitiesToV2(room);
  expect(Value.Check(V2RtpCapabilities, offered)).toBe(true);
  expect(offered.codecs?.map(({ name }) => name)).toContain('VP8');
  expect(offered.codecs?.map(({ name }) => name)).toContain('rtx');
  const feedback = offered.codecs?.flatMap(({ rtcpFeedback = [] }) => rtcpFeedback) ?? [];
  expect(feedback).toContainEqual({ type: 'nack' });
  expect(feedback).toContainEqual({ type: 'transport-cc' });
  expect(feedback.filter(({ parameter }) => parameter === '')).toEqual([]);
});

describe.each(recordings)('as $recorded', ({ rtpCapabilities, audio, video, simulcast }) => {
  test('what the client sends and can receive fits the schemas', () => {
    expect(Value.Check(V2RtpCapabilities, rtpCapabilities)).toBe(true);
    for (const parameters of [audio, video, simulcast])
      expect(Value.Check(V2RtpParameters, parameters)).toBe(true);
  });

  test('its tracks are taken by mediasoup with their MID, SSRC, retransmission and feedback', () => {
    const camera = parametersFromV2(video);
    expect(camera.mid).toBe(String(video.muxId));
    const rtx = video.encodings?.[0]?.rtx;
    expect(camera.encodings).toEqual([{ ssrc: video.encodings?.[0]?.ssrc as number, ...(rtx && { rtx }) }]);
    expect(camera.rtcp).toEqual({ cname: video.rtcp?.cname as string, reducedSize: true });
    const { codecs } = consumable('video', camera);
    expect(codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8', 'video/rtx']);
    expect(codecs[0]?.rtcpFeedback).toContainEqual({ type: 'nack', parameter: 'pli' });
    expect(consumable('audio', parametersFromV2(audio)).codecs[0]?.mimeType).toBe('audio/opus');
  });

  test('its layers are in order from the lowest, in whatever order it lists them', () => {
    const layers = parametersFromV2(simulcast).encodings ?? [];
    const reversed = { ...simulcast, encodings: (simulcast.encodings ?? []).toReversed() };
    expect(parametersFromV2(reversed).encodings).toEqual(layers);
    const lowest = simulcast.encodings?.find(({ profile }) => profile === 'low');
    expect(layers.length).toBe(3);
    expect(layers[0]).toMatchObject(
      lowest?.encodingId ? { rid: lowest.encodingId } : { ssrc: lowest?.ssrc as number },
    );
    expect(consumable('video', parametersFromV2(simulcast)).encodings?.length).toBe(3);
  });

  test('it can receive what it sends, without a MID, and knows the codec by its payload type', () => {
    const sent = consumed(
      consumable('video', parametersFromV2(simulcast)),
      capabilitiesFromV2(rtpCapabilities),
    );
    const announced = parametersToV2(sent);
    expect(Value.Check(V2RtpParameters, announced)).toBe(true);
    expect(announced.muxId).toBeNull();
    expect(announced.headerExtensions?.map(({ uri }) => uri)).not.toContain(
      'urn:ietf:params:rtp-hdrext:sdes:mid',
    );
    const [vp8, rtx] = announced.codecs;
    expect([vp8?.name, rtx?.name]).toEqual(['VP8', 'rtx']);
    const known = rtpCapabilities.codecs?.map(({ preferredPayloadType }) => preferredPayloadType);
    expect(known).toContain(vp8?.payloadType as number);
    expect(announced.encodings).toEqual([
      { ssrc: sent.encodings?.[0]?.ssrc as number, rtx: sent.encodings?.[0]?.rtx as { ssrc: number } },
    ]);
  });
});

const text = fc.stringMatching(/^[a-zA-Z0-9-]{1,12}$/);
const ssrc = fc.integer({ min: 1, max: 4_294_967_295 });
const payloadType = fc.integer({ min: 0, max: 127 });
const parameters = fc.dictionary(text, fc.oneof(text, fc.integer()), { maxKeys: 4 });
const feedback = fc.array(
  fc.record({ type: text, parameter: fc.option(fc.oneof(text, fc.constant('')), { nil: undefined }) }),
  { maxLength: 4 },
);
const newer = fc.record({
  mid: fc.option(text, { nil: undefined }),
  codecs: fc.array(
    fc.record(
      {
        mimeType: fc.tuple(fc.constantFrom('audio', 'video'), text).map((parts) => parts.join('/')),
        payloadType,
        clockRate: fc.integer({ min: 1, max: 90_000 }),
        channels: fc.integer({ min: 1, max: 8 }),
        parameters,
        rtcpFeedback: feedback,
      },
      { requiredKeys: ['mimeType', 'payloadType', 'clockRate'] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  headerExtensions: fc.array(fc.record({ uri: text, id: fc.integer({ min: 1, max: 14 }) }), { maxLength: 4 }),
  encodings: fc.array(
    fc.record(
      { ssrc, rid: text, rtx: fc.record({ ssrc }), codecPayloadType: payloadType },
      { requiredKeys: [] },
    ),
    { maxLength: 4 },
  ),
  rtcp: fc.record({ cname: text, reducedSize: fc.boolean() }, { requiredKeys: ['reducedSize'] }),
});

/** What matters: all but the MID, which no consumer of version 2 is sent, and empty parameters of feedback. */
function essence({ mid: _, codecs, ...rest }: types.RtpParameters): unknown {
  const withoutEmpty = codecs.map(({ rtcpFeedback, ...codec }) => ({
    ...codec,
    ...(rtcpFeedback && {
      rtcpFeedback: rtcpFeedback.map(({ type, parameter }) => (parameter ? { type, parameter } : { type })),
    }),
  }));
  return JSON.parse(JSON.stringify({ ...rest, codecs: withoutEmpty }));
}

test('from version 3 to version 2 and back, nothing that matters changes', () => {
  fc.assert(
    fc.property(newer, (made) => {
      const original = made as types.RtpParameters;
      const there = parametersToV2(original);
      expect(Value.Check(V2RtpParameters, there)).toBe(true);
      const back = parametersFromV2(JSON.parse(JSON.stringify(there)));
      expect(essence(back)).toEqual(essence(original));
    }),
  );
});

test('capabilities of a room come back as they went, but for the extension of MIDs', () => {
  const back = capabilitiesFromV2(capabilitiesToV2(room));
  const { codecs: _, ...parts } = room;
  expect(back.codecs?.map(({ mimeType, preferredPayloadType }) => [mimeType, preferredPayloadType])).toEqual(
    room.codecs?.map(({ mimeType, preferredPayloadType }) => [mimeType, preferredPayloadType]) as never,
  );
  expect(back.headerExtensions?.map(({ uri }) => uri)).toEqual(
    parts.headerExtensions?.map(({ uri }) => uri).filter((uri) => !uri.endsWith('sdes:mid')) as never,
  );
});

test('the library can receive what telephones send, in a room that offers it', () => {
  const names = ['opus', 'PCMU', 'PCMA', 'G722', 'VP8', 'telephone-event'] as const;
  const offered = capabilitiesToV2(ortc.generateRouterRtpCapabilities(mediaCodecs(names)));
  const voice = (name: string, preferredPayloadType: number) => ({
    ...{ name, mimeType: `audio/${name}`, kind: 'audio', clockRate: 8000, channels: 1, preferredPayloadType },
    ...{ rtcpFeedback: [], parameters: {} },
  });
  const extended = library.getExtendedRtpCapabilities(
    { codecs: [voice('PCMU', 0), voice('PCMA', 8), voice('G722', 9)], headerExtensions: [] },
    offered,
  );
  for (const payloadType of [0, 8, 9])
    expect(library.canReceive({ codecs: [{ payloadType }] }, extended)).toBe(true);
});
