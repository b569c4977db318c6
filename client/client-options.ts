import type { Backoff } from './backoff.ts';
import type { CallOptions } from './call-types.ts';
import { describeDevice } from './device-info.ts';
import { ClientError } from './errors.ts';
import type { TokenSource } from './lifeline-options.ts';
import type { MediaOptions } from './media.ts';
import { randomId } from './portable.ts';
import { maxVideos } from './protocol.ts';
import type { PublicationOptions } from './publication.ts';
import type { Attributes, DeviceInfo } from './remote-peer.ts';
import { Servers } from './servers.ts';
import type { WebSocketFactory } from './socket.ts';
import type { TrackSource } from './sources.ts';

export interface TureenClientOptions extends MediaOptions {
  /**
   * Address of the server, http(s) or ws(s), or of several of one mesh: the nearest is used, and another when it does
   * not answer. Default: the origin of the page.
   */
  readonly url?: string | URL | readonly (string | URL)[] | Servers;
  readonly roomId: string;
  /** Your id, unique in the room. Default: a random id. With a token it must be the token's subject. */
  readonly peerId?: string;
  readonly displayName?: string;
  /** What you say of yourself beside your name, such as a seat; see `setAttributes`. */
  readonly attributes?: Attributes;
  /** A token, or a function that gets one. It is called again before every reconnect, and when a token was refused. */
  readonly token?: TokenSource;
  /** Receive everything that is published. Default true; otherwise call `subscribe`. */
  readonly autoSubscribe?: boolean;
  /**
   * As long as no more videos are published, all of them are received; of more than that only those in view: see `view`.
   * Default 9. `Infinity` receives all of them in any case.
   */
  readonly videoLimit?: number;
  /**
   * Come to listen: you are counted and not listed, until you publish or raise your hand. Those who may not publish are
   * that anyway. Default false.
   */
  readonly audience?: boolean;
  /** Emit `bandwidth` events. Default false, since they cost a message a second. */
  readonly bandwidthEstimate?: boolean;
  /** How tracks are encoded, by their source, e.g. `{ camera: { maxBitrate: 900_000, codecs: ['vp9', 'vp8'] } }`. */
  readonly defaults?: Partial<Record<TrackSource, PublicationOptions>>;
  /** The device that others see. Default: derived from the browser's name. */
  readonly device?: DeviceInfo;
  /** Replaces the browser's WebSocket, e.g. in tests. */
  readonly webSocketFactory?: WebSocketFactory;
  /** Timeouts and delays, in milliseconds. */
  readonly timing?: Partial<Omit<Timing, 'backoff'>> & DeprecatedTiming & { readonly backoff?: AnyBackoff };
}

const defaultVideoLimit = 9;

/** Milliseconds. */
export interface Timing {
  /** For one connection to open. */
  readonly connectTimeout: number;
  /** For one answer of the server; then the connection counts as dead. */
  readonly requestTimeout: number;
  /** Delay between attempts to connect; half of it is random. */
  readonly backoff: Backoff;
  /** After which `join` fails if the server cannot be reached. */
  readonly joinTimeout: number;
  /** After which a call that lost its connection ends. */
  readonly reconnectTimeout: number;
}

/** Former names, which are removed in the next version. */
interface DeprecatedTiming {
  /** @deprecated use `joinTimeout` */
  readonly firstPatience?: number;
  /** @deprecated use `reconnectTimeout` */
  readonly reconnectPatience?: number;
}

/** The form with `most` is deprecated. */
type AnyBackoff = Backoff | { readonly first: number; readonly most: number };

const defaultTiming: Timing = {
  connectTimeout: 10_000,
  requestTimeout: 15_000,
  backoff: { first: 300, max: 8000 },
  joinTimeout: 3000,
  reconnectTimeout: 120_000,
};

function timingOf({ timing = {} }: TureenClientOptions): Timing {
  const { firstPatience, reconnectPatience, backoff = defaultTiming.backoff, ...given } = timing;
  return {
    ...defaultTiming,
    ...(firstPatience !== undefined && { joinTimeout: firstPatience }),
    ...(reconnectPatience !== undefined && { reconnectTimeout: reconnectPatience }),
    ...given,
    backoff: 'most' in backoff ? { first: backoff.first, max: backoff.most } : backoff,
  };
}

// The server's rule: control characters and direction marks could make one id look like another.
const unwanted = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|^\s|\s$|\s\s/u;

function requireId(what: string, id: string): void {
  if (id !== '' && id.length <= 128 && !unwanted.test(id)) return;
  throw new ClientError(
    'invalid_params',
    `a ${what} has 1 to 128 characters, single spaces inside only and no control characters; "${id}" has not`,
  );
}

/** @throws ClientError when a required option is missing or an option is invalid */
export function callOptions(options: TureenClientOptions): CallOptions {
  const { url = globalThis.location?.origin, roomId, peerId = randomId() } = options;
  requireId('room id', roomId);
  requireId('peer id', peerId);
  if (!url)
    throw new ClientError('unsupported', 'outside of a browser the client needs the url of the server');
  const { autoSubscribe = true, bandwidthEstimate = false, device = describeDevice() } = options;
  const { iceServers, iceTransportPolicy, forceTcp, handlerFactory, webSocketFactory } = options;
  const { audience = false } = options;
  const media = { audience, iceServers, iceTransportPolicy, forceTcp, handlerFactory };
  const servers = url instanceof Servers ? url : new Servers([url].flat());
  const { videoLimit = defaultVideoLimit } = options;
  const about = {
    autoSubscribe,
    videoLimit: autoSubscribe && videoLimit < maxVideos ? videoLimit : undefined,
    ...{ bandwidthEstimate, device, webSocketFactory },
  };
  const call = { servers, roomId, peerId, token: options.token, ...about };
  return { ...timingOf(options), ...media, ...call };
}
