import { expect, test } from 'bun:test';
import { commandOf, progressOf } from '../../../scripts/broadcast/ffmpeg.ts';
import { readOptions } from '../../../scripts/broadcast/options.ts';

const read = (...args: string[]) => readOptions(args, { TUREEN_KEY: 'tureen_x' });
const mistakeOf = (...args: string[]) => {
  try {
    read(...args);
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
  return 'none';
};

test('a room and a file are enough, and the key comes from the environment', () => {
  const options = read('--room', 'x', '/films/Metropolis.mp4');
  expect(options).toMatchObject({
    file: '/films/Metropolis.mp4',
    roomId: 'x',
    server: 'http://localhost:3000',
    key: 'tureen_x',
    displayName: 'Metropolis.mp4',
    codec: 'VP8',
    loop: false,
  });
  expect(options?.peerId).toStartWith('broadcast-');
  expect(read('--help')).toBeUndefined();
});

test('each mistake is named with what was expected', () => {
  expect(mistakeOf('film.mp4')).toBe('--room: got nothing, wants the room to play into.');
  expect(mistakeOf('--room', 'x')).toBe('got 0 files, wants one file or address.');
  expect(mistakeOf('--room', 'x', 'a', 'b')).toBe('got 2 files, wants one file or address.');
  expect(mistakeOf('--room', 'x', 'a', '--codec', 'AV2')).toBe('--codec: got "AV2", wants VP8 or H264.');
  expect(mistakeOf('--room', 'x', 'a', '--server', 'here')).toContain('wants an address such as');
  expect(mistakeOf('--room', 'x', 'a', '--video', '1')).toContain('wants kbit/s from 50 to 50000');
  expect(mistakeOf('--nonsense')).toContain('--nonsense');
});

test('a track that the file does not have is not sent, and an IPv6 address is written as one', () => {
  const options = read('--room', 'x', 'song.mp3');
  if (!options) throw new Error('no options');
  const place = { id: 'a', ip: '2001:db8::1', port: 42000, rtcpPort: 42001 };
  const command = commandOf(options, { audio: place });
  expect(command.at(-1)).toBe('rtp://[2001:db8::1]:42000?rtcpport=42001&pkt_size=1200');
  expect(command).not.toContain('libvpx');
  expect(command).not.toContain('-stream_loop');
});

test('the progress of ffmpeg is read however it is cut into pieces', async () => {
  const written =
    'frame=10\nfps=24.9\nout_time_us=1500000\nprogress=continue\nfps=N/A\nout_time_us=N/A\nprogress=end\n';
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of written.match(/.{1,7}/gs) ?? [])
        controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const read: unknown[] = [];
  for await (const progress of progressOf(pieces)) read.push(progress);
  expect(read).toEqual([
    { position: 1.5, framesPerSecond: 24.9 },
    { position: 0, framesPerSecond: 0 },
  ]);
});
