import { afterEach, expect, test } from 'bun:test';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { clientOf, joined, other, track } from './support.ts';

const Original = globalThis.WebSocket;

afterEach(() => {
  globalThis.WebSocket = Original;
});

interface Frame {
  readonly response?: boolean;
  readonly method?: string;
  readonly ok?: boolean;
}

/** Writes down what crosses every socket from now on, in its order: "> join" is sent, "< welcome" received. */
function recordFrames(): string[] {
  const frames: string[] = [];
  const write = (direction: string, text: string) => {
    const { response, method, ok } = JSON.parse(text) as Frame;
    frames.push(`${direction} ${response ? (ok ? 'answer' : 'refusal') : method}`);
  };
  globalThis.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => write('<', String(data)));
    }

    override send(data: string): void {
      write('>', data);
      super.send(data);
    }
  };
  return frames;
}

test('two round trips after the socket opened media flows both ways', async () => {
  await using server = await startServer();
  const bob = await joined({ server, peerId: 'bob' });
  await bob.publish(track('audio'), 'microphone');
  const frames = recordFrames();
  const alice = clientOf({ server, peerId: 'alice' });
  // What is published before the join leaves right behind it.
  await alice.publish(track('video'), 'camera');
  await alice.join();
  await until(
    () => frames.includes('> resumeConsumers') && other(alice).tracks.size === 1,
    'the voice of Bob',
  );
  await until(() => other(bob).tracks.size === 1, 'the camera of Alice');
  const welcome = frames.indexOf('< welcome');
  const firstAnswer = frames.indexOf('< answer');
  // First round trip: everything is asked for before anything is answered.
  expect(frames.slice(0, welcome).filter((frame) => frame.startsWith('>'))).toEqual([]);
  expect(frames.slice(welcome, firstAnswer)).toEqual(
    expect.arrayContaining(['> join', '> connectWebRtcTransport', '> produce']),
  );
  // Second: the consumers that came with the answer are started by one message.
  expect(frames.filter((frame) => frame === '> resumeConsumers')).toHaveLength(1);
  expect(frames).not.toContain('> getRouterRtpCapabilities');
  expect(frames).not.toContain('> createWebRtcTransport');
  expect(frames).not.toContain('< refusal');
  await Promise.all([alice.leave(), bob.leave()]);
});
