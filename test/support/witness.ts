import type { Server } from '../../src/app/server.ts';
import { enter, type Member } from './world.ts';

/** An answer may take this long on a slow machine, in milliseconds. It must not take longer because of somebody else. */
const longestAnswer = 10_000;

/**
 * A peer that minds its own business: it asks the server all the time, one request after the other. When it is
 * disposed of, it throws unless every request was answered in time and its connection is still open.
 */
export class Witness implements AsyncDisposable {
  #asking = true;
  #answers = 0;
  #longest = 0;
  readonly #asked: Promise<void>;

  private constructor(readonly member: Member) {
    this.#asked = this.#ask();
  }

  static async in(
    server: Server,
    options: { roomId?: string; peerId?: string; token?: string } = {},
  ): Promise<Witness> {
    return new Witness(await enter({ server, peerId: 'witness', ...options }));
  }

  /** Requests that were answered so far. */
  get answers(): number {
    return this.#answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#asking = false;
    await this.#asked;
    const { socket } = this.member.client;
    if (socket.readyState !== WebSocket.OPEN) throw new Error('the witness lost its connection');
    if (this.#longest > longestAnswer)
      throw new Error(`the witness waited ${this.#longest} ms for an answer`);
    if (this.#answers === 0) throw new Error('the witness got no answers');
  }

  async #ask(): Promise<void> {
    const { client, sendTransport } = this.member;
    do {
      const askedAt = performance.now();
      await client.request('getTransportStats', { transportId: sendTransport });
      this.#longest = Math.max(this.#longest, performance.now() - askedAt);
      this.#answers += 1;
    } while (this.#asking);
  }
}
