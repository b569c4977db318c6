/** What the tests use of protoo-client 4.0.8, which comes without types. */
declare module 'protoo-client' {
  export type Fields = Record<string, unknown>;

  export class WebSocketTransport {
    constructor(
      url: string,
      options?: {
        retry?: { retries: number; factor?: number; minTimeout?: number; maxTimeout?: number };
        headers?: Record<string, string>;
      },
    );
  }

  export interface PeerEvents {
    open: [];
    failed: [currentAttempt: number];
    disconnected: [];
    close: [];
    request: [
      request: { method: string; data: Fields },
      accept: (data?: Fields) => void,
      reject: (code: number, reason: string) => void,
    ];
    notification: [notification: { method: string; data: Fields }];
  }

  export class Peer {
    constructor(transport: WebSocketTransport);
    readonly closed: boolean;
    readonly connected: boolean;
    on<N extends keyof PeerEvents>(event: N, listener: (...args: PeerEvents[N]) => void): this;
    request(method: string, data?: Fields): Promise<Fields>;
    notify(method: string, data?: Fields): Promise<void>;
    close(): void;
  }
}
