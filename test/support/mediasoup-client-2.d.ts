/** What the tests use of mediasoup-client 2.4.12, which comes without types. */
declare module 'mediasoup-client-2' {
  type Fields = Record<string, unknown>;

  interface Emitter {
    on(event: string, listener: (...args: never[]) => void): this;
  }

  export interface Transport extends Emitter {
    readonly id: number;
    readonly connectionState: string;
    enableStats(interval?: number): void;
    close(appData?: unknown): void;
  }

  export interface Producer extends Emitter {
    readonly id: number;
    readonly kind: 'audio' | 'video';
    readonly paused: boolean;
    readonly remotelyPaused: boolean;
    send(transport: Transport): Promise<void>;
    pause(appData?: unknown): boolean;
    resume(appData?: unknown): boolean;
    enableStats(interval?: number): void;
    close(appData?: unknown): void;
  }

  export interface Consumer extends Emitter {
    readonly id: number;
    readonly kind: 'audio' | 'video';
    readonly closed: boolean;
    readonly paused: boolean;
    readonly supported: boolean;
    readonly effectiveProfile: string | null;
    readonly appData: unknown;
    receive(transport: Transport): Promise<MediaStreamTrack>;
    pause(appData?: unknown): boolean;
    resume(appData?: unknown): boolean;
    setPreferredProfile(profile: string): void;
    enableStats(interval?: number): void;
  }

  export interface Peer extends Emitter {
    readonly name: string;
    readonly appData: unknown;
    readonly consumers: Consumer[];
  }

  export class Room {
    constructor(options?: { spy?: boolean });
    readonly peers: Peer[];
    readonly closed: boolean;
    on(
      event: 'request',
      listener: (
        request: Fields,
        callback: (response: Fields) => void,
        errback: (error: Error) => void,
      ) => void,
    ): this;
    on(event: 'notify', listener: (notification: Fields) => void): this;
    on(event: 'newpeer', listener: (peer: Peer) => void): this;
    on(event: 'close', listener: (originator: 'local' | 'remote', appData: unknown) => void): this;
    join(peerName: string, appData?: unknown): Promise<Peer[]>;
    leave(appData?: unknown): void;
    restartIce(): void;
    createTransport(direction: 'send' | 'recv'): Transport;
    createProducer(track: MediaStreamTrack, options?: { simulcast?: boolean }, appData?: unknown): Producer;
    receiveNotification(notification: Fields): Promise<void>;
  }

  export function getDeviceInfo(): { flag: string; name: string; version: string };
}

declare module 'mediasoup-client-2/lib-es5/ortc' {
  /** What both sides can send and receive. */
  interface ExtendedRtpCapabilities {
    readonly codecs: readonly { readonly name: string; readonly recvPayloadType: number }[];
  }

  export function getExtendedRtpCapabilities(local: object, remote: object): ExtendedRtpCapabilities;
  export function canReceive(
    rtpParameters: { codecs: { payloadType: number }[] },
    extended: ExtendedRtpCapabilities,
  ): boolean;
}
