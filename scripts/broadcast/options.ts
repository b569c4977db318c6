import { parseArgs } from 'node:util';
import { SetupError } from '../machine/console.ts';

/** What to broadcast, and where. */
export interface BroadcastOptions {
  readonly file: string;
  readonly roomId: string;
  /** The server's address, without a slash at the end. */
  readonly server: string;
  readonly key?: string;
  readonly peerId: string;
  readonly displayName: string;
  readonly codec: 'VP8' | 'H264';
  /** Kilobits a second of the video. */
  readonly videoBitrate: number;
  readonly loop: boolean;
}

export const usage = `Usage: npm run broadcast -- --room ROOM FILE

Plays a file, or anything else that ffmpeg reads (a camera's rtsp:// address, a stream), into a room.

  --room ROOM       the room
  --server URL      the server                                     http://localhost:3000
  --key KEY         an API key with the scope media (or TUREEN_KEY); not needed in development mode
  --name TEXT       the display name in the room                   the name of the file
  --id ID           its peer id                                    a new one each time
  --codec CODEC     VP8 or H264                                    VP8
  --video KBITS     kbit/s of the video                            1500
  --loop            starts again at the end, until Ctrl-C

It needs ffmpeg (apt-get install ffmpeg) and UDP from here to the server.`;

const text = { type: 'string' } as const;

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws SetupError that says what is wrong and what was expected
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): BroadcastOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (values.room === undefined) throw mistake('--room: got nothing, wants the room to play into');
  if (file === undefined || more.length > 0)
    throw mistake(`got ${positionals.length} files, wants one file or address`);
  const { server, codec, key = environment.TUREEN_KEY, id = `broadcast-${shortId()}` } = values;
  if (!/^https?:\/\/[^/]+/.test(server))
    throw mistake(`--server: got "${server}", wants an address such as http://localhost:3000`);
  if (codec !== 'VP8' && codec !== 'H264') throw mistake(`--codec: got "${codec}", wants VP8 or H264`);
  const videoBitrate = Number(values.video);
  if (!(videoBitrate >= 50 && videoBitrate <= 50_000))
    throw mistake(`--video: got "${values.video}", wants kbit/s from 50 to 50000`);
  return {
    file,
    roomId: values.room,
    server: server.replace(/\/+$/, ''),
    ...(key !== undefined && { key }),
    peerId: id,
    displayName: values.name ?? file.split('/').at(-1) ?? file,
    codec,
    videoBitrate,
    loop: values.loop,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        room: text,
        server: { ...text, default: 'http://localhost:3000' },
        key: text,
        name: text,
        id: text,
        codec: { ...text, default: 'VP8' },
        video: { ...text, default: '1500' },
        loop: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw mistake((error as Error).message);
  }
}

function mistake(what: string): SetupError {
  return new SetupError(`${what}.\n\n${usage}`);
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 8);
}
