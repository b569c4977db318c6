import type { Channel } from './channels.ts';
import type { TureenClientEvents } from './client-events.ts';
import { ClientError, messageOf } from './errors.ts';
import type { Events } from './events.ts';
import { randomId } from './portable.ts';
import type { RemotePeer } from './remote-peer.ts';

/** The label of the data channel that carries them. */
export const peerMessagesLabel = 'tureen:messages';

/** How long to wait for an answer. */
const answerTimeoutMs = 10_000;

/** How many requests of one peer are answered at a time; more of them are dropped, so that nobody keeps us busy. */
export const maxAnswering = 32;

/** What it uses of a client. */
export interface PeerMessagesHost extends Pick<Events<TureenClientEvents>, 'on'> {
  readonly peers: ReadonlyMap<string, RemotePeer>;
  readonly peerId: string;
  openChannel(label: string): Promise<Channel>;
}

/** Gets what a peer sent. What it returns, or resolves with, is the answer to a request. */
export type MessageHandler = (data: unknown, peer: RemotePeer) => unknown;

/** What is on the wire, as JSON: a message, a request (with `id`), or an answer (with `answers`). */
interface Frame {
  readonly to: readonly string[];
  readonly topic?: string;
  readonly id?: string;
  readonly answers?: string;
  readonly data?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly peerId: string;
  readonly topic: string;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: ClientError) => void;
}

/**
 * Messages to named peers, and requests that a peer answers. They go over a data channel to everyone, and the library of
 * all others drops them: they are no secret. Make one for a client, before it joins.
 */
export class PeerMessages {
  readonly #handlers = new Map<string, MessageHandler>();
  readonly #waiting = new Map<string, Waiting>();
  /** How many requests of each peer are being answered. */
  readonly #answering = new Map<string, number>();
  #opening: Promise<Channel> | undefined;

  constructor(private readonly host: PeerMessagesHost) {
    host.on('data', ({ peer, label, data }) => {
      if (label === peerMessagesLabel) this.#received(peer, data);
    });
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
   * Sends anything that JSON can hold to these peers. Resolves when it is on its way.
   * @throws ClientError as `channel.send`
   */
  async send(to: string | readonly string[], topic: string, data?: unknown): Promise<void> {
    await this.#write({ to: [to].flat(), topic, data });
  }

  /**
   * Asks a peer, and resolves with what its handler of the topic returns.
   * @throws ClientError `not_found` when there is no such peer, `unsupported` when it has no handler, `internal` when that
   * failed, `gone` when the peer left or the call ended, and `timeout`
   */
  request(
    to: string,
    topic: string,
    data?: unknown,
    { timeoutMs = answerTimeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    if (!this.host.peers.has(to))
      return Promise.reject(new ClientError('not_found', `there is no peer "${to}" in the call`));
    const id = randomId();
    return new Promise<unknown>((resolve, reject) => {
      const late = new ClientError('timeout', `"${to}" did not answer "${topic}" within ${timeoutMs} ms`);
      const timer = setTimeout(() => reject(late), timeoutMs);
      this.#waiting.set(id, { peerId: to, topic, timer, resolve, reject });
      this.#write({ to: [to], topic, id, data }).catch(reject);
    }).finally(() => {
      clearTimeout(this.#waiting.get(id)?.timer);
      this.#waiting.delete(id);
    });
  }

  #received(peer: RemotePeer, text: string | ArrayBuffer): void {
    const frame = read(text);
    if (!frame?.to.includes(this.host.peerId)) return;
    if (frame.answers !== undefined) this.#answered(peer, frame.answers, frame);
    else if (frame.topic !== undefined) void this.#handled(peer, frame.topic, frame);
  }

  #answered(peer: RemotePeer, id: string, { data, error }: Frame): void {
    const waiting = this.#waiting.get(id);
    // Nobody answers for another.
    if (waiting?.peerId !== peer.id) return;
    if (error === undefined) return waiting.resolve(data);
    const { topic } = waiting;
    if (error === '')
      waiting.reject(new ClientError('unsupported', `"${peer.id}" does not answer "${topic}"`));
    else waiting.reject(new ClientError('internal', `"${peer.id}" could not answer "${topic}": ${error}`));
  }

  async #handled(peer: RemotePeer, topic: string, { id, data }: Frame): Promise<void> {
    const before = this.#answering.get(peer.id) ?? 0;
    if (before >= maxAnswering) return;
    this.#answering.set(peer.id, before + 1);
    try {
      const result = await this.#result(peer, topic, data);
      if (id === undefined) return;
      const answer = (said: Pick<Frame, 'data' | 'error'>) =>
        this.#write({ to: [peer.id], answers: id, ...said });
      // It may be too large, or nothing that JSON can hold.
      await answer(result).catch((error) => answer({ error: messageOf(error) }));
    } catch {
      // The call is over, or too much waits: who asked is told by its own time-out.
    } finally {
      const left = (this.#answering.get(peer.id) ?? 1) - 1;
      if (left > 0) this.#answering.set(peer.id, left);
      else this.#answering.delete(peer.id);
    }
  }

  async #result(peer: RemotePeer, topic: string, data: unknown): Promise<Pick<Frame, 'data' | 'error'>> {
    const handler = this.#handlers.get(topic);
    if (!handler) return { error: '' };
    try {
      return { data: await handler(data, peer) };
    } catch (error) {
      return { error: messageOf(error) || 'it failed' };
    }
  }

  async #write(frame: Frame): Promise<void> {
    // What is written while the channel opens waits for the same opening, so that it stays in its order.
    this.#opening ??= this.host.openChannel(peerMessagesLabel).finally(() => {
      this.#opening = undefined;
    });
    const channel = await this.#opening;
    await channel.send(JSON.stringify(frame));
  }
}

/** Undefined when it is nothing that this library wrote: whatever comes from others is not to be trusted. */
function read(text: string | ArrayBuffer): Frame | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const frame = JSON.parse(text) as Partial<Record<keyof Frame, unknown>> | null;
    if (!Array.isArray(frame?.to)) return undefined;
    const words = [frame.topic, frame.id, frame.answers, frame.error];
    if (!words.every((word) => word === undefined || typeof word === 'string')) return undefined;
    return frame as unknown as Frame;
  } catch {
    return undefined;
  }
}
