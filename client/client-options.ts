import type { Backoff } from './backoff.ts';
import type { CallOptions } from './call-types.ts';
import { describeDevice } from './device-info.ts';
import { ClientError } from './errors.ts';
import type { TokenSource } from './lifeline.ts';
import type { MediaOptions } from './media.ts';
import { randomId } from './portable.ts';
import type { PublicationOptions } from './publication.ts';
import type { DeviceInfo } from './remote-peer.ts';
import type { TrackSource } from './sources.ts';

export interface TureenClientOptions extends MediaOptions {
  /** Address of the server, http(s) or ws(s); that of the page unless told. */
  readonly url?: string | URL;
  readonly roomId: string;
  /** Who you are in the room, unique there; a random id unless told. With a token it is the token's subject. */
  readonly peerId?: string;
  readonly displayName?: string;
  /** A token, or a function that gets one. It is asked again before every reconnect, and when a token was refused. */
  readonly token?: TokenSource;
  /** Receive everything that is published. Default true; otherwise call `subscribe`. */
  readonly autoSubscribe?: boolean;
  /** Tell, by the event `bandwidth`, what the network could carry to us. Default false: it is a message a second. */
  readonly bandwidthEstimate?: boolean;
  /** How tracks are encoded, by their source, e.g. `{ camera: { maxBitrate: 900_000, codecs: ['vp9', 'vp8'] } }`. */
  readonly defaults?: Partial<Record<TrackSource, PublicationOptions>>;
  /** What the others are told of your device; told by the browser's name unless given. */
  readonly device?: DeviceInfo;
  /** How long things may take, in milliseconds. */
  readonly timing?: Partial<Timing>;
}

/** Milliseconds. */
export interface Timing {
  /** For one connection to open. */
  readonly connectTimeout: number;
  /** For one answer of the server; then the connection counts as dead. */
  readonly requestTimeout: number;
  /** Between attempts to connect: half of it is chance. */
  readonly backoff: Backoff;
  /** Until `join` gives up a server that cannot be reached. */
  readonly firstPatience: number;
  /** Until a call whose connection broke is given up. */
  readonly reconnectPatience: number;
}

const usualTiming: Timing = {
  connectTimeout: 10_000,
  requestTimeout: 15_000,
  backoff: { first: 300, most: 8000 },
  firstPatience: 3000,
  reconnectPatience: 120_000,
};

// As the server sees it: control characters, and those that turn the direction of what follows, could fake other ids.
const unwanted = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|^\s|\s$|\s\s/u;

function requireId(what: string, id: string): void {
  if (id !== '' && id.length <= 128 && !unwanted.test(id)) return;
  throw new ClientError(
    'invalid_params',
    `a ${what} has 1 to 128 characters, single spaces inside only and no control characters; "${id}" has not`,
  );
}

/** @throws ClientError when something that is needed is missing or wrong */
export function callOptions(options: TureenClientOptions): CallOptions {
  const { url = globalThis.location?.origin, roomId, peerId = randomId() } = options;
  requireId('room id', roomId);
  requireId('peer id', peerId);
  if (!url)
    throw new ClientError('unsupported', 'outside of a browser the client needs the url of the server');
  const { autoSubscribe = true, bandwidthEstimate = false, device = describeDevice() } = options;
  const { iceServers, iceTransportPolicy, forceTcp, handlerFactory } = options;
  const media = { iceServers, iceTransportPolicy, forceTcp, handlerFactory };
  const { timing, token } = options;
  const call = { url, roomId, peerId, token, autoSubscribe, bandwidthEstimate, device };
  return { ...usualTiming, ...timing, ...media, ...call };
}
