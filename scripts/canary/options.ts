import {
  type Environment,
  parseOptions,
  readSigningKey,
  type SigningKey,
  UsageError,
} from '../machine/command-line.ts';

export interface CanaryOptions {
  /** The servers that are called, one after the other. */
  readonly urls: readonly string[];
  /** Seconds between the starts of two rounds. */
  readonly every: number;
  /** Seconds for which it sends in each call. */
  readonly seconds: number;
  /** Where the metrics are; undefined for a single round that is printed. */
  readonly listen: { readonly hostname: string; readonly port: number } | undefined;
  readonly roomPrefix: string;
  /** Signs its tokens; undefined for a server in development mode. */
  readonly signing: SigningKey | undefined;
}

export const usage = `Usage: npm run canary -- --url URL [options]

Calls servers as a browser does: two peers join a room of their own by signaling, one sends sound, the other
receives it. What they measure is for Prometheus. docs/operations.md has more.

  --url URL            the server, http(s) or ws(s); several are called one after the other
  --every SECONDS      from one round to the next              60
  --seconds SECONDS    how long it sends in each call          5
  --listen HOST:PORT   where GET /metrics is                   127.0.0.1:9477
  --once               one round: prints it as JSON, exits with 1 when a call failed
  --room-prefix TEXT   its rooms are called TEXT-...           canary
  --token-key NAME     API key that signs its tokens (or TUREEN_API_KEY)
  --token-secret TEXT  its secret (better: TUREEN_API_SECRET, which no process list shows)`;

const definitions = {
  url: { type: 'string', multiple: true, default: [] as string[] },
  every: { type: 'string', default: '60' },
  seconds: { type: 'string', default: '5' },
  listen: { type: 'string', default: '127.0.0.1:9477' },
  once: { type: 'boolean', default: false },
  'room-prefix': { type: 'string', default: 'canary' },
  'token-key': { type: 'string' },
  'token-secret': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError
 */
export function readOptions(args: readonly string[], environment: Environment): CanaryOptions | undefined {
  const values = parseOptions(args, definitions);
  if (values.help) return undefined;
  const signing = readSigningKey(values, environment);
  if (values.url.length === 0) throw new UsageError('--url is missing: which server is to be called?');
  const every = readSeconds('every', values.every);
  const seconds = readSeconds('seconds', values.seconds);
  return {
    urls: values.url.map(readUrl),
    every,
    seconds,
    listen: values.once ? undefined : readListen(values.listen),
    roomPrefix: values['room-prefix'],
    signing,
  };
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^(https?|wss?):$/.test(url.protocol)) return url.href;
  throw new UsageError(`--url: got "${text}", wants an address such as https://edge.example.com`);
}

function readSeconds(name: string, text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 3600) return value;
  throw new UsageError(`--${name}: got "${text}", wants seconds from 1 to 3600`);
}

function readListen(text: string): NonNullable<CanaryOptions['listen']> {
  const [, hostname = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (hostname !== '' && Number(port) <= 65_535) return { hostname, port: Number(port) };
  throw new UsageError(`--listen: got "${text}", wants HOST:PORT such as 127.0.0.1:9477`);
}
