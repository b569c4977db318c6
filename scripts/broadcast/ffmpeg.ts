import { SetupError } from '../machine/console.ts';
import type { BroadcastOptions } from './options.ts';
import type { Target, Track } from './server.ts';

/** What a file contains. */
export interface Source {
  readonly audio: boolean;
  readonly video: boolean;
  /** Seconds; undefined when it has no end. */
  readonly duration?: number;
}

/** Progress of ffmpeg. */
export interface Progress {
  /** Seconds of the source that were sent. */
  readonly position: number;
  readonly framesPerSecond: number;
}

const missing = 'ffmpeg was not found. Install it with "apt-get install ffmpeg", then run the command again.';

/** Reads what the file contains. @throws SetupError when it has no media, or ffmpeg is not installed */
export async function probe(file: string): Promise<Source> {
  if (Bun.which('ffprobe') === null || Bun.which('ffmpeg') === null) throw new SetupError(missing);
  const command = ['ffprobe', '-v', 'error', '-of', 'json', '-show_streams', '-show_format', '--', file];
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, problem] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new SetupError(`"${file}" cannot be played: ${problem.trim()}`);
  const { streams = [], format = {} } = JSON.parse(out) as {
    streams?: { codec_type?: string; disposition?: { attached_pic?: number } }[];
    format?: { duration?: string };
  };
  const audio = streams.some(({ codec_type }) => codec_type === 'audio');
  // A cover picture is not video.
  const video = streams.some(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (!audio && !video)
    throw new SetupError(`"${file}" contains neither audio nor video that ffmpeg can read.`);
  const duration = Number(format.duration);
  return { audio, video, ...(duration > 0 && { duration }) };
}

export const audioTrack: Track = {
  kind: 'audio',
  mimeType: 'audio/opus',
  payloadType: 100,
  clockRate: 48_000,
  channels: 2,
  parameters: { 'sprop-stereo': 1 },
  ssrc: 1111,
};

export function videoTrack({ codec }: Pick<BroadcastOptions, 'codec'>): Track {
  const common = { kind: 'video', payloadType: 101, clockRate: 90_000, ssrc: 2222 } as const;
  if (codec === 'VP8') return { ...common, mimeType: 'video/VP8' };
  const parameters = {
    'packetization-mode': 1,
    'profile-level-id': '42e01f',
    'level-asymmetry-allowed': 1,
  };
  return { ...common, mimeType: 'video/H264', parameters };
}

const encoders: Readonly<Record<BroadcastOptions['codec'], readonly string[]>> = {
  VP8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-error-resilient', '1'],
  H264: ['libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
};

/** The command that sends a file to these targets. A peer that joins later waits at most two seconds for a key frame. */
export function commandOf(options: BroadcastOptions, targets: { audio?: Target; video?: Target }): string[] {
  const { file, codec, videoBitrate, loop } = options;
  const rate = `${videoBitrate}k`;
  const keyFrames = ['-force_key_frames', 'expr:gte(t,n_forced*2)'];
  const audio = ['-map', '0:a:0', '-c:a', 'libopus', '-b:a', '128k', '-ac', '2', '-ar', '48000'];
  const video = ['-map', '0:V:0', '-c:v', ...encoders[codec], '-pix_fmt', 'yuv420p', ...keyFrames];
  const limits = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate];
  return [
    'ffmpeg',
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-nostats', '-progress', 'pipe:1'],
    // -re reads in real time, not as fast as possible.
    ...(loop ? ['-stream_loop', '-1'] : []),
    ...['-re', '-i', file],
    ...(targets.audio ? [...audio, ...rtp(audioTrack, targets.audio)] : []),
    ...(targets.video ? [...video, ...limits, ...rtp(videoTrack(options), targets.video)] : []),
  ];
}

function rtp({ ssrc, payloadType }: Track, { ip, port, rtcpPort }: Target): string[] {
  const host = ip.includes(':') ? `[${ip}]` : ip;
  // Packets that fit everywhere: tunnels and some clouds leave about 1,300 bytes.
  const address = `rtp://${host}:${port}?rtcpport=${rtcpPort}&pkt_size=1200`;
  return ['-f', 'rtp', '-ssrc', String(ssrc), '-payload_type', String(payloadType), address];
}

/** Parses the output of `ffmpeg -progress`: blocks of `name=value` lines. */
export async function* progressOf(out: ReadableStream<Uint8Array>): AsyncGenerator<Progress> {
  const decoder = new TextDecoder();
  let values: Record<string, string> = {};
  let rest = '';
  for await (const chunk of out) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name = '', value = ''] = line.split('=');
      values[name.trim()] = value.trim();
      if (name !== 'progress') continue;
      yield {
        position: Math.max(0, Number(values.out_time_us) || 0) / 1_000_000,
        framesPerSecond: Number(values.fps) || 0,
      };
      values = {};
    }
  }
}
