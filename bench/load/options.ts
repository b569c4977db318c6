import {
  type Environment,
  parseOptions,
  readSigningKey,
  type SigningKey,
  UsageError,
} from '../../scripts/machine/command-line.ts';

/** What a load test does. */
export interface LoadOptions {
  url: string;
  rooms: number;
  /** In each room. */
  publishers: number;
  /** In each room. */
  subscribers: number;
  /** Publishers also receive each other, as in a meeting. */
  meeting: boolean;
  /** Subscribers join as new clients do in a large room: counted and not listed, and told of the others together. */
  audience: boolean;
  /** Seconds with everybody in place. */
  duration: number;
  /** Seconds over which the peers join. */
  ramp: number;
  /** Bits a second of each publisher; 0 for none. */
  audioBitrate: number;
  videoBitrate: number;
  roomPrefix: string;
  /** Signs the tokens of its peers; undefined for a server in development mode. */
  signing: SigningKey | undefined;
  json: boolean;
}

export const usage = `Usage: npm run load [options]

Fills rooms of a server with peers over real WebRTC and reports how it went.

  --url URL            the server, http(s) or ws(s)            http://localhost:3000
  --rooms N            how many rooms                          1
  --publishers N       peers that send, in each room           1
  --subscribers N      peers that receive, in each room        10
  --meeting            publishers receive each other as well
  --audience           subscribers join as an audience: fast, counted, not listed
  --duration SECONDS   how long, once everybody is there       30
  --ramp SECONDS       over how long the peers join            5
  --audio KBITS        kbit/s of audio of a publisher, 0: none 32
  --video KBITS        kbit/s of video of a publisher, 0: none 500
  --room-prefix TEXT   rooms are called TEXT-1, TEXT-2 ...     load
  --token-key NAME     API key that signs the peers' tokens (or TUREEN_API_KEY)
  --token-secret TEXT  its secret (better: TUREEN_API_SECRET, which no process list shows)
  --json               print the report as one JSON object instead of a table

Ctrl-C ends the test early and still reports; a second one ends at once.`;

const definitions = {
  url: { type: 'string', default: 'http://localhost:3000' },
  rooms: { type: 'string', default: '1' },
  publishers: { type: 'string', default: '1' },
  subscribers: { type: 'string', default: '10' },
  meeting: { type: 'boolean', default: false },
  audience: { type: 'boolean', default: false },
  duration: { type: 'string', default: '30' },
  ramp: { type: 'string', default: '5' },
  audio: { type: 'string', default: '32' },
  video: { type: 'string', default: '500' },
  'room-prefix': { type: 'string', default: 'load' },
  'token-key': { type: 'string' },
  'token-secret': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError
 */
export function readOptions(args: readonly string[], environment: Environment): LoadOptions | undefined {
  const values = parseOptions(args, definitions);
  if (values.help) return undefined;
  const options: LoadOptions = {
    url: readUrl(values.url),
    rooms: readNumber('rooms', values.rooms, { from: 1, to: 10_000, whole: true }),
    publishers: readNumber('publishers', values.publishers, { from: 0, to: 10_000, whole: true }),
    subscribers: readNumber('subscribers', values.subscribers, { from: 0, to: 10_000, whole: true }),
    meeting: values.meeting,
    audience: values.audience,
    duration: readNumber('duration', values.duration, { from: 0.1, to: 86_400 }),
    ramp: readNumber('ramp', values.ramp, { from: 0, to: 3600 }),
    audioBitrate: readNumber('audio', values.audio, { from: 0, to: 512 }) * 1000,
    videoBitrate: readNumber('video', values.video, { from: 0, to: 50_000 }) * 1000,
    roomPrefix: values['room-prefix'],
    signing: readSigningKey(values, environment),
    json: values.json,
  };
  if (options.publishers + options.subscribers === 0)
    throw new UsageError('no peer would join: give --publishers or --subscribers');
  return options;
}

function readUrl(text: string): string {
  if (URL.canParse(text) && /^(http|ws)s?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError(`--url: got ${text}, wants an address such as http://localhost:3000`);
}

function readNumber(
  name: string,
  text: string,
  { from, to, whole = false }: { from: number; to: number; whole?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= from && value <= to && (!whole || Number.isInteger(value))) return value;
  const wants = `a ${whole ? 'whole ' : ''}number from ${from} to ${to}`;
  throw new UsageError(`--${name}: got ${JSON.stringify(text)}, wants ${wants}`);
}
