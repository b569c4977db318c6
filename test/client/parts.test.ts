import { describe, expect, test } from 'bun:test';
import type { types } from 'mediasoup-client';
import { backoffDelay } from '../../client/backoff.ts';
import { callOptions } from '../../client/client-options.ts';
import { describeDevice } from '../../client/device-info.ts';
import { listDevices, openCamera } from '../../client/devices.ts';
import { chooseCodec, producerOptions } from '../../client/encodings.ts';
import { Events } from '../../client/events.ts';
import { TureenClient } from '../../client/index.ts';
import { countLayers, fullSize, layerFor, missedLayers } from '../../client/layers.ts';
import { appDataOf, kindOf, sourceOf } from '../../client/sources.ts';
import { handlerFactory, track } from './support.ts';

const codec = (mimeType: string): types.RtpCodecCapability => ({
  kind: 'video',
  mimeType,
  preferredPayloadType: 96,
  clockRate: 90000,
});

const capabilities: types.RtpCapabilities = { codecs: [codec('video/VP8'), codec('video/VP9')] };

describe('encodings', () => {
  test('the first wanted codec that can be sent is taken, and any when none can', () => {
    expect(chooseCodec(capabilities, ['av1', 'vp9', 'vp8'])?.mimeType).toBe('video/VP9');
    expect(chooseCodec(capabilities, ['av1'])).toBeUndefined();
    expect(chooseCodec(capabilities)).toBeUndefined();
  });

  test('a camera is sent in as many sizes as it is large, the smallest first', () => {
    const layers = (width: number, height: number) =>
      producerOptions('camera', track('video', { width, height }), {}, capabilities).encodings?.map(
        ({ scaleResolutionDownBy }) => scaleResolutionDownBy,
      );
    expect(layers(1280, 720)).toEqual([4, 2, 1]);
    expect(layers(640, 360)).toEqual([2, 1]);
    expect(layers(320, 180)).toEqual([1]);
  });

  test('the smallest of three sizes fits a line of 100 kbit/s', () => {
    const bitrates = (width: number, height: number) =>
      producerOptions('camera', track('video', { width, height }), {}, capabilities).encodings?.map(
        ({ maxBitrate }) => maxBitrate,
      );
    expect(bitrates(1280, 720)).toEqual([100_000, 566_667, 1_700_000]);
    expect(bitrates(640, 360)).toEqual([566_667, 1_700_000]);
  });

  test('VP9 carries its layers in one stream, and simulcast can be turned off', () => {
    const camera = track('video');
    const { encodings } = producerOptions(
      'camera',
      camera,
      { codecs: ['vp9'], maxBitrate: 900_000 },
      capabilities,
    );
    expect(encodings).toEqual([{ maxBitrate: 900_000, scalabilityMode: 'L3T3_KEY' }]);
    const single = producerOptions('screen', camera, { simulcast: false }, capabilities);
    expect(single.encodings).toHaveLength(1);
  });

  test('a microphone rests in silence, the sound of a screen is stereo', () => {
    const options = (source: 'microphone' | 'screenAudio') =>
      producerOptions(source, track('audio'), {}, capabilities).codecOptions;
    expect(options('microphone')).toMatchObject({ opusDtx: true, opusStereo: false });
    expect(options('screenAudio')).toMatchObject({ opusDtx: false, opusStereo: true });
  });
});

describe('sources', () => {
  test('what the client writes it reads back, and what other clients write it understands', () => {
    for (const source of ['microphone', 'camera', 'screen', 'screenAudio'] as const) {
      expect(sourceOf(kindOf(source), appDataOf(source))).toBe(source);
    }
    expect(sourceOf('video', { share: true })).toBe('screen');
    expect(sourceOf('video', { source: 'webcam' })).toBe('camera');
    expect(sourceOf('audio', {})).toBe('microphone');
  });
});

describe('layers', () => {
  test('counts are read from simulcast and SVC modes', () => {
    expect(countLayers('S3T3')).toEqual({ spatial: 3, temporal: 3 });
    expect(countLayers('L2T1_KEY')).toEqual({ spatial: 2, temporal: 1 });
    expect(countLayers(undefined)).toEqual({ spatial: 1, temporal: 1 });
  });

  test('a picture comes in the least layer that fills it', () => {
    const full = { width: 1280, height: 720 };
    const layer = (width: number) => layerFor({ width, height: (width * 9) / 16 }, full, 3);
    expect([160, 320, 400, 640, 800, 1280, 2560].map(layer)).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(layerFor({ width: 10, height: 10 }, full, 1)).toBe(0);
  });

  test('the size of the best layer follows from the one that arrives', () => {
    const guess = { width: 1280, height: 720 };
    expect(fullSize({ width: 160, height: 90 }, 0, 3, guess)).toEqual({ width: 640, height: 360 });
    expect(fullSize({ width: 0, height: 0 }, 0, 3, guess)).toBe(guess);
    expect(fullSize({ width: 160, height: 90 }, undefined, 3, guess)).toBe(guess);
  });
});

describe('missed layers', () => {
  const missed = (wanted: number, arriving: number | undefined, ...scores: number[]) =>
    missedLayers({ wanted, arriving, scores });

  test('are those between what arrives and what is both wanted and sent well', () => {
    expect(missed(2, 2, 10, 10, 10)).toBe(0);
    expect(missed(2, 0, 10, 10, 10)).toBe(2);
    expect(missed(1, 0, 10, 10, 10)).toBe(1);
    expect(missed(0, 1, 10, 10, 10)).toBe(0);
    expect(missed(2, undefined, 10, 10, 10)).toBe(3);
  });

  test('are not those that the sender cannot bring to the server', () => {
    expect(missed(2, 0, 10, 0, 0)).toBe(0);
    expect(missed(2, 0, 10, 10, 3)).toBe(1);
    expect(missed(2, undefined, 0, 0, 0)).toBe(0);
    expect(missed(2, undefined)).toBe(0);
  });

  test('are known with SVC only while nothing arrives, since all layers have one score', () => {
    expect(missed(2, 0, 10)).toBe(0);
    expect(missed(2, undefined, 10)).toBe(1);
  });
});

describe('back-off', () => {
  test('doubles up to its maximum, half of it random', () => {
    const backoff = { first: 100, max: 1000 };
    expect([0, 1, 2, 5, 50].map((attempt) => backoffDelay(backoff, attempt, 1))).toEqual([
      100, 200, 400, 1000, 1000,
    ]);
    expect(backoffDelay(backoff, 1, 0)).toBe(100);
  });
});

test('timing accepts the former names', () => {
  const former = { firstPatience: 1, reconnectPatience: 2, backoff: { first: 3, most: 4 } };
  const options = callOptions({ url: 'http://127.0.0.1', roomId: 'kitchen', timing: former });
  expect(options).toMatchObject({ joinTimeout: 1, reconnectTimeout: 2, backoff: { first: 3, max: 4 } });
});

describe('events', () => {
  class Bell extends Events<{ ring: number }> {
    ring(times: number) {
      this.emit('ring', times);
    }
  }

  test('reach who listens until it stops, and once only who asked for one', async () => {
    const bell = new Bell();
    const heard: number[] = [];
    const stop = bell.on('ring', (times) => heard.push(times));
    const second = bell.once('ring', (times) => times === 2);
    bell.ring(1);
    bell.ring(2);
    stop();
    bell.ring(3);
    expect(heard).toEqual([1, 2]);
    expect(await second).toBe(2);
  });
});

describe('devices', () => {
  test('are told when the call begins and whenever one is added or removed, and not after its end', async () => {
    using browser = browserWithDevices();
    const client = new TureenClient({ url: 'http://127.0.0.1:9', roomId: 'room', handlerFactory });
    const told: unknown[] = [];
    client.on('devices', ({ speaker }) => told.push(speaker.map(({ label }) => label)));
    const [first, ended] = [client.once('devices'), client.join().catch((error) => error.code)];
    await first;
    const second = client.once('devices');
    browser.plug('Headphones');
    // Two changes in one moment are one list: the newer one.
    browser.plug('Earphones');
    await second;
    expect(told).toEqual([[], ['Headphones', 'Earphones']]);
    await client.leave();
    expect(await ended).toBe('left');
    browser.plug('Too late');
    await listDevices();
    expect(told).toHaveLength(2);
  });

  test('a page without devices says what to do', async () => {
    await expect(openCamera()).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('a browser is told by its user agent', () => {
    const safari =
      'Mozilla/5.0 (iPhone) AppleWebKit/605 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1';
    expect(describeDevice(safari)).toEqual({ flag: 'safari', name: 'Safari', version: '17' });
    expect(describeDevice('Mozilla/5.0 Chrome/126.0.0.0 Safari/537.36 Edg/126.0').name).toBe('Edge');
    expect(describeDevice('Mozilla/5.0 Gecko/20100101 Firefox/128.0').version).toBe('128');
    expect(describeDevice('something new')).toEqual({ flag: 'other', name: 'something new' });
  });
});

/** Bun has no devices: these are plugged in by the test. */
function browserWithDevices() {
  const devices: Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[] = [];
  const enumerateDevices = async () => devices.slice();
  const mediaDevices = Object.assign(new EventTarget(), { enumerateDevices });
  Object.defineProperty(navigator, 'mediaDevices', { value: mediaDevices, configurable: true });
  return {
    plug(label: string) {
      devices.push({ kind: 'audiooutput', deviceId: label, label });
      mediaDevices.dispatchEvent(new Event('devicechange'));
    },
    [Symbol.dispose]: () => void Reflect.deleteProperty(navigator, 'mediaDevices'),
  };
}
