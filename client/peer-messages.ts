import type { CallState } from './call-types.ts';
import type { TureenClientEvents } from './client-events.ts';
import { ClientError, messageOf } from './errors.ts';
import type { Events } from './events.ts';
import { randomId } from './portable.ts';
import { maxAddressees, type PeerMessage, type Undelivered } from './protocol.ts';
import type { RemotePeer } from './remote-peer.ts';

/** How long to wait for an answer. */
const answerTimeoutMs = 10_000;

/** How many requests of one peer are answered at a time; more of them are dropped, so that nobody keeps us busy. */
export const maxAnswering = 32;

/** What it uses of a client. */
export interface PeerMessagesHost extends Pick<Events<TureenClientEvents>, 'on' | 'once'> {
  readonly state: CallState;
  sendMessage(to: readonly string[], message: PeerMessage): Promise<Undelivered>;
}

/** Gets what a peer sent. What it returns, or resolves with, is the answer to a request. */
export type MessageHandler = (data: unknown, peer: RemotePeer) => unknown;

interface Waiting {
  readonly peerId: string;
  readonly topic: string;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: ClientError) => void;
}

/**
 * Messages to named peers, and requests that a peer answers. The server takes them to those peers and to nobody else. Make
 * one for a client, before it joins.
 */
export class PeerMessages {
  readonly #handlers = new Map<string, MessageHandler>();
  readonly #waiting = new Map<string, Waiting>();
  /** How many requests of each peer are being answered. */
  readonly #answering = new Map<string, number>();

  constructor(private readonly host: PeerMessagesHost) {
    host.on('message', ({ peer, message }) => this.#received(peer, message));
    // All of them leave when the call ends.
    host.on('peerLeft', ({ peer: { id } }) => {
      const gone = new ClientError('gone', `"${id}" left, or the call ended, before there was an answer`);
      for (const { peerId, reject } of [...this.#waiting.values()]) if (peerId === id) reject(gone);
    });
  }

  /** Gets the messages and requests of that topic from now on. There is one handler for each. @returns what ends it */
  handle(topic: string, handler: MessageHandler): () => void {
    this.#handlers.set(topic, handler);
    return () => {
      if (this.#handlers.get(topic) === handler) this.#handlers.delete(topic);
    };
  }

  /**
   * Sends anything that JSON can hold to these peers, at most 16 KiB. Waits through a reconnect; resolves when the server has
   * passed it on.
   * @throws ClientError `not_found` when none of them is in the call, `limit_reached` when one gets more messages than it
   * takes, `too_large`, `forbidden` when we may not publish data, `not_joined`
   */
  async send(to: string | readonly string[], topic: string, data?: unknown): Promise<void> {
    const ids = [...new Set([to].flat())];
    let missed = 0;
    for (let start = 0; start < ids.length; start += maxAddressees) {
      const { missing, busy } = await this.#write(ids.slice(start, start + maxAddressees), { topic, data });
      if (busy.length > 0) throw overwhelmed(busy);
      missed += missing.length;
    }
    if (missed === ids.length) throw nobody(ids);
  }

  /**
   * Asks a peer, and resolves with what its handler of the topic returns.
   * @throws ClientError as `send`, `unsupported` when it has no handler, `internal` when that failed, `gone` when the peer
   * left or the call ended, and `timeout`
   */
  request(
    to: string,
    topic: string,
    data?: unknown,
    { timeoutMs = answerTimeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const id = randomId();
    return new Promise<unknown>((resolve, reject) => {
      const late = new ClientError('timeout', `"${to}" did not answer "${topic}" within ${timeoutMs} ms`);
      const timer = setTimeout(() => reject(late), timeoutMs);
      this.#waiting.set(id, { peerId: to, topic, timer, resolve, reject });
      this.#ask(to, { topic, id, data }).catch(reject);
    }).finally(() => {
      clearTimeout(this.#waiting.get(id)?.timer);
      this.#waiting.delete(id);
    });
  }

  async #ask(to: string, message: PeerMessage): Promise<void> {
    const { missing, busy } = await this.#write([to], message);
    if (missing.length > 0) throw nobody(missing);
    if (busy.length > 0) throw overwhelmed(busy);
  }

  #received(peer: RemotePeer, message: PeerMessage): void {
    if (message.answers !== undefined) this.#answered(peer, message.answers, message);
    else if (message.topic !== undefined) void this.#handled(peer, message.topic, message);
  }

  #answered(peer: RemotePeer, id: string, { data, error }: PeerMessage): void {
    const waiting = this.#waiting.get(id);
    // Nobody answers for another.
    if (waiting?.peerId !== peer.id) return;
    if (error === undefined) return waiting.resolve(data);
    const { topic } = waiting;
    if (error === '')
      waiting.reject(new ClientError('unsupported', `"${peer.id}" does not answer "${topic}"`));
    else waiting.reject(new ClientError('internal', `"${peer.id}" could not answer "${topic}": ${error}`));
  }

  async #handled(peer: RemotePeer, topic: string, { id, data }: PeerMessage): Promise<void> {
    const before = this.#answering.get(peer.id) ?? 0;
    if (before >= maxAnswering) return;
    this.#answering.set(peer.id, before + 1);
    try {
      const result = await this.#result(peer, topic, data);
      if (id === undefined) return;
      const answer = (said: Pick<PeerMessage, 'data' | 'error'>) =>
        this.#write([peer.id], { answers: id, ...said });
      // It may be too large, or nothing that JSON can hold.
      await answer(result).catch((error) => answer({ error: sentenceOf(error) }));
    } catch {
      // The call is over, or too much waits: who asked is told by its own time-out.
    } finally {
      const left = (this.#answering.get(peer.id) ?? 1) - 1;
      if (left > 0) this.#answering.set(peer.id, left);
      else this.#answering.delete(peer.id);
    }
  }

  async #result(
    peer: RemotePeer,
    topic: string,
    data: unknown,
  ): Promise<Pick<PeerMessage, 'data' | 'error'>> {
    const handler = this.#handlers.get(topic);
    if (!handler) return { error: '' };
    try {
      return { data: await handler(data, peer) };
    } catch (error) {
      return { error: sentenceOf(error) };
    }
  }

  async #write(to: readonly string[], message: PeerMessage): Promise<Undelivered> {
    while (rebuilding.has(this.host.state)) await this.host.once('state');
    return await this.host.sendMessage(to, message);
  }
}

/** While the call is about to go on, and what is sent waits for that. */
const rebuilding: ReadonlySet<CallState> = new Set(['connecting', 'rejoining', 'reconnecting']);

/** What the server takes of a sentence. */
const sentenceOf = (error: unknown) => (messageOf(error) || 'it failed').slice(0, 1024);

const quoted = (ids: readonly string[]) => ids.map((id) => `"${id}"`).join(', ');

const nobody = (ids: readonly string[]) =>
  new ClientError('not_found', `there is no peer ${quoted(ids)} in the call that takes messages`);

const overwhelmed = (ids: readonly string[]) =>
  new ClientError(
    'limit_reached',
    `${quoted(ids)} gets more messages than it takes; send fewer, or over a channel`,
  );
