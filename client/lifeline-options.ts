import type { Backoff } from './backoff.ts';
import type { Servers } from './servers.ts';
import type { WebSocketFactory } from './socket.ts';

/** A token, or a function that gets one. It is called before every connection, so that a reconnect has a fresh token. */
export type TokenSource = string | ((why: { readonly refusal?: string }) => string | Promise<string>);

export interface LifelineOptions {
  readonly servers: Servers;
  readonly roomId: string;
  readonly peerId: string;
  readonly token?: TokenSource;
  readonly bandwidthEstimate: boolean;
  readonly webSocketFactory?: WebSocketFactory;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
  readonly backoff: Backoff;
  /** Milliseconds after which the first connect fails. */
  readonly joinTimeout: number;
  /** Milliseconds after which a reconnect fails. */
  readonly reconnectTimeout: number;
}
