import { expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { FfmpegTelephone } from './telephone-ffmpeg.ts';
import { useBrowser } from './use-browser.ts';
import type { Voice } from './voice.ts';

const held = useBrowser();
// It outlives the pages of each test, which would otherwise try to reach it again.
const server = await useServer();
const root = join(import.meta.dir, '..', '..');

/** Hz: tones that no line, fan or codec makes by itself, and that are no multiples of each other. */
const tones = { telephone: 1000, microphone: 630 };

/** The example as its reader starts it. */
function startGateway(room: string, { port, ssrc }: { port: number; ssrc: number }) {
  const file = join(root, 'examples', 'telephone-gateway', 'gateway.ts');
  const args = ['--room', room, '--telephone', `127.0.0.1:${port}`, '--ssrc', String(ssrc)];
  return Bun.spawn([process.execPath, file, ...args], {
    env: { ...process.env, TUREEN_URL: `ws://127.0.0.1:${server.port}` },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

/** Connects the telephone to the room by the example. */
async function gateway(room: string, telephone: FfmpegTelephone) {
  const child = startGateway(room, telephone);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('\n')) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`the gateway ended: ${text}${await new Response(child.stderr).text()}`);
    text += value;
  }
  const line = JSON.parse(text.split('\n')[0] ?? '');
  telephone.call(line);
  const hangUp = async () => {
    child.kill('SIGTERM');
    await child.exited;
  };
  return { line, hangUp, [Symbol.asyncDispose]: hangUp };
}

/** A pure tone. */
const whistle: Voice = { type: 'sine', frequency: tones.microphone, volume: 0.5 };

/** The loudest frequency of what a page receives, in Hz, and how loud it is in decibels; -Infinity for silence. */
async function loudest(page: Page): Promise<{ frequency: number; decibels: number }> {
  return await page.evaluate(async () => {
    const shared = globalThis as unknown as { connections: RTCPeerConnection[]; ear?: AnalyserNode };
    if (!shared.ear) {
      const tracks = shared.connections.flatMap((connection) =>
        connection.getReceivers().map((receiver) => receiver.track),
      );
      // The connection that sends has receivers too, and to those nothing ever comes.
      const track = tracks.find(
        ({ kind, muted, readyState }) => kind === 'audio' && !muted && readyState === 'live',
      );
      if (!track) return { frequency: 0, decibels: Number.NEGATIVE_INFINITY };
      const context = new AudioContext();
      shared.ear = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.5 });
      context.createMediaStreamSource(new MediaStream([track])).connect(shared.ear);
    }
    const bins = new Float32Array(shared.ear.frequencyBinCount);
    shared.ear.getFloatFrequencyData(bins);
    const decibels = bins.reduce((most, bin) => Math.max(most, bin), Number.NEGATIVE_INFINITY);
    const width = shared.ear.context.sampleRate / shared.ear.fftSize;
    return { frequency: bins.indexOf(decibels) * width, decibels };
  });
}

/** The codecs of all that is published as sound. */
async function voices(roomId: string): Promise<string[]> {
  const peers = server.sfu.snapshot().rooms.find(({ id }) => id === roomId)?.peers ?? [];
  const producers = peers.flatMap((peer) => peer.producers);
  return producers.filter(({ kind }) => kind === 'audio').map(({ codec }) => codec);
}

test('a telephone and a browser hear each other through the gateway, in PCMU both ways', async () => {
  await using telephone = await FfmpegTelephone.start({ ssrc: 305_419_896, frequency: tones.telephone });
  await using _gateway = await gateway('support', telephone);
  const page = await held.browser.open(server, { room: 'support', name: 'Ann', voice: whistle });
  const near = (frequency: number) => Math.abs(frequency - tones.telephone) < 25;
  await eventually(
    'the browser hears the telephone',
    () => loudest(page),
    ({ frequency, decibels }) => near(frequency) && decibels > -50,
  );
  await eventually(
    'the telephone hears the browser',
    async () => telephone.shareOf(tones.microphone),
    (share) => share > 0.8,
  );
  expect(telephone.shareOf(tones.telephone)).toBeLessThan(0.1);
  await eventually(
    'both speak PCMU',
    () => voices('support'),
    (spoken) => spoken.join() === 'pcmu,pcmu',
  );
});

test.each(['PCMA', 'G722'])('browsers speak %s where a room offers no other sound', async (codec) => {
  await server.sfu.createRoom({ roomId: codec, options: { codecs: [codec, 'telephone-event', 'VP8'] } });
  const pages = await Promise.all(
    ['Ann', 'Ben'].map((name) => held.browser.open(server, { room: codec, name, voice: whistle })),
  );
  for (const page of pages) {
    await eventually(
      'the tone is heard',
      () => loudest(page),
      ({ frequency, decibels }) => Math.abs(frequency - tones.microphone) < 25 && decibels > -50,
    );
  }
  const spoken = `${codec},${codec}`.toLowerCase();
  await eventually(
    'both speak it',
    () => voices(codec),
    (own) => own.join() === spoken,
  );
});

test('people see the telephone like anybody else, and a moderator who removes it ends its call', async () => {
  await using telephone = await FfmpegTelephone.start({ ssrc: 305_419_897, frequency: tones.telephone });
  await using _gateway = await gateway('hotline', telephone);
  const page = await held.browser.open(server, { room: 'hotline', name: 'Ann', voice: whistle });
  await page.getByText('Telephone', { exact: true }).first().waitFor();
  await eventually(
    'the telephone hears the browser',
    async () => telephone.shareOf(tones.microphone),
    (share) => share > 0.8,
  );
  const by = { kind: 'moderator', id: 'ann' } as const;
  void server.sfu.removePeer({ roomId: 'hotline', peerId: 'telephone', reason: '', by });
  await page.getByText('Telephone', { exact: true }).first().waitFor({ state: 'detached' });
  await eventually(
    'the gateway is gone',
    async () => server.programs.holdings.endpoints.size,
    (endpoints) => endpoints === 0,
  );
});

test('a telephone that hangs up leaves the room at once', async () => {
  await using telephone = await FfmpegTelephone.start({ ssrc: 305_419_898, frequency: tones.telephone });
  await using call = await gateway('desk', telephone);
  // RTP and RTCP share no port that nobody agreed to share.
  expect(call.line.rtcpPort).toBeNumber();
  expect(call.line.rtcpPort).not.toBe(call.line.port);
  expect(server.sfu.room('desk').peers.has('telephone')).toBe(true);
  await call.hangUp();
  expect(server.sfu.rooms.get('desk')?.peers.has('telephone') ?? false).toBe(false);
  expect(server.programs.holdings.endpoints.size).toBe(0);
});

test('the gateway says that a room is open without what telephones speak, and leaves nothing in it', async () => {
  await server.sfu.createRoom({ roomId: 'music', options: { codecs: ['opus', 'VP8'] } });
  const child = startGateway('music', { port: 40_000, ssrc: 305_419_899 });
  const said = await new Response(child.stderr).text();
  expect(await child.exited).toBe(1);
  expect(said).toStartWith('Error: the room "music" is open without what the telephone speaks; close it');
  expect(said).not.toContain(' at ');
  expect(server.programs.holdings.endpoints.size).toBe(0);
});
