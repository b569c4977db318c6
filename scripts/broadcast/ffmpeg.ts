import { SetupError } from '../machine/console.ts';
import type { BroadcastOptions } from './options.ts';
import type { Place, Track } from './server.ts';

/** What is in the file, as far as it matters. */
export interface Source {
  readonly audio: boolean;
  readonly video: boolean;
  /** Seconds; undefined for what has no end. */
  readonly duration?: number;
}

/** How far ffmpeg is. */
export interface Progress {
  /** Seconds of the source that were sent. */
  readonly position: number;
  readonly framesPerSecond: number;
}

const missing = 'ffmpeg was not found. Install it with "apt-get install ffmpeg", then run the command again.';

/** Looks what there is to play. @throws SetupError when there is nothing, or no ffmpeg */
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
  // The cover of an album is no film.
  const video = streams.some(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (!audio && !video) throw new SetupError(`"${file}" has neither sound nor picture that ffmpeg can read.`);
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

/** The command that sends a source to these places. Who comes in later waits for a key frame two seconds at most. */
export function commandOf(options: BroadcastOptions, places: { audio?: Place; video?: Place }): string[] {
  const { file, codec, videoBitrate, loop } = options;
  const rate = `${videoBitrate}k`;
  const keyFrames = ['-force_key_frames', 'expr:gte(t,n_forced*2)'];
  const sound = ['-map', '0:a:0', '-c:a', 'libopus', '-b:a', '128k', '-ac', '2', '-ar', '48000'];
  const picture = ['-map', '0:V:0', '-c:v', ...encoders[codec], '-pix_fmt', 'yuv420p', ...keyFrames];
  const limits = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate];
  return [
    'ffmpeg',
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-nostats', '-progress', 'pipe:1'],
    // As fast as it is watched, and not as fast as it can be read.
    ...(loop ? ['-stream_loop', '-1'] : []),
    ...['-re', '-i', file],
    ...(places.audio ? [...sound, ...rtp(audioTrack, places.audio)] : []),
    ...(places.video ? [...picture, ...limits, ...rtp(videoTrack(options), places.video)] : []),
  ];
}

function rtp({ ssrc, payloadType }: Track, { ip, port, rtcpPort }: Place): string[] {
  const host = ip.includes(':') ? `[${ip}]` : ip;
  // Packets that fit everywhere: 1,300 bytes is what tunnels and some clouds leave.
  const address = `rtp://${host}:${port}?rtcpport=${rtcpPort}&pkt_size=1200`;
  return ['-f', 'rtp', '-ssrc', String(ssrc), '-payload_type', String(payloadType), address];
}

/** Reads what ffmpeg writes about its progress, a block of `name=value` lines each time. */
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
