import { SetupError } from '../machine/console.ts';
import type { BroadcastOptions } from './options.ts';

/** The transport that a track is sent to. */
export interface Target {
  readonly id: string;
  readonly ip: string;
  readonly port: number;
  readonly rtcpPort: number;
}

export interface Track {
  readonly kind: 'audio' | 'video';
  readonly mimeType: string;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly ssrc: number;
}

/** A client of the HTTP API for broadcasters that only sends. docs/ingest.md describes the API. */
export class BroadcastServer {
  readonly #base: string;

  constructor(private readonly options: BroadcastOptions) {
    const { server, roomId, peerId } = options;
    this.#base = `${server}/rooms/${encodeURIComponent(roomId)}/broadcasters/${encodeURIComponent(peerId)}`;
  }

  /** Enters the room. @throws SetupError with what the server said */
  async enter(): Promise<void> {
    const { server, roomId, peerId, displayName } = this.options;
    const about = { id: peerId, displayName, device: { name: 'ffmpeg' } };
    await this.#call('POST', `${server}/rooms/${encodeURIComponent(roomId)}/broadcasters`, about);
  }

  /** Announces a track. @returns where to send it */
  async publish({ kind, ssrc, ...codec }: Track): Promise<Target> {
    const request = { type: 'plain', comedia: true, rtcpMux: false };
    const target = (await this.#call('POST', `${this.#base}/transports`, request)) as Target;
    const rtpParameters = { codecs: [codec], encodings: [{ ssrc }] };
    await this.#call('POST', `${this.#base}/transports/${target.id}/producers`, { kind, rtpParameters });
    return target;
  }

  /** Why it is not in the room any more; undefined while it is, or while the server does not answer. */
  async ended(): Promise<string | undefined> {
    const answer = await fetch(`${this.#base}/peerProducersInfos`, { headers: this.#headers }).catch(
      () => {},
    );
    if (answer?.status !== 404) return undefined;
    return 'the server ended the broadcast: somebody removed it, or its room was closed';
  }

  /** Leaves the room. Errors are ignored: without a server there is nothing to leave. */
  async leave(): Promise<void> {
    await fetch(this.#base, { method: 'DELETE', headers: this.#headers }).catch(() => {});
  }

  get #headers(): Record<string, string> {
    const { key } = this.options;
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  async #call(method: string, url: string, body: unknown): Promise<unknown> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch((error: Error) => {
      throw new SetupError(
        `the server at ${this.options.server} cannot be reached (${error.message}). Start it, or name another one with --server.`,
      );
    });
    if (answer.ok) return await answer.json();
    const reason = (await answer.text()).trim();
    const help =
      answer.status === 401 || answer.status === 403 ? ' Give a key with --key or TUREEN_KEY.' : '';
    throw new SetupError(`the server refused (${answer.status}): ${reason}.${help}`);
  }
}
