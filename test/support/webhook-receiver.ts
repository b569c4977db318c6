import { until } from './until.ts';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The text as it came, which the signature is of. */
  readonly text: string;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly timestamp: string;
    readonly roomId: string | null;
    readonly sequence: number | null;
    readonly node: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export type Answer = (received: ReceivedWebhook) => Response | Promise<Response>;

export const ok: Answer = () => new Response(null, { status: 204 });
export const failing: Answer = () => new Response('no', { status: 503 });

export interface ReceiverOptions {
  hostname?: string;
  answer?: Answer;
  tls?: { cert: string; key: string };
}

/** A real HTTP server that takes webhooks and answers as a test tells it, which may change at any time. */
export class WebhookReceiver implements AsyncDisposable {
  /** Every request, also those that were answered with an error. */
  readonly requests: ReceivedWebhook[] = [];
  /** Those that were answered with 2xx, in the order of the answers. */
  readonly taken: ReceivedWebhook[] = [];
  answer: Answer;
  readonly #server: Bun.Server<undefined>;

  constructor({ hostname = '127.0.0.1', answer = ok, tls }: ReceiverOptions = {}) {
    this.answer = answer;
    this.#server = Bun.serve({ hostname, port: 0, tls, fetch: (request) => this.#take(request) });
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  get url(): string {
    return `${this.#server.url.protocol}//${this.#server.hostname}:${this.port}/hooks`;
  }

  /** Type, room and sequence of what was taken. */
  get seen(): string[] {
    return this.taken.map(({ event: { type, roomId, sequence } }) => `${type} ${roomId} ${sequence}`);
  }

  async takes(count: number): Promise<void> {
    await until(() => this.taken.length >= count, `${count} webhooks (came: ${this.seen.length})`);
  }

  async isAsked(count: number): Promise<void> {
    await until(() => this.requests.length >= count, `${count} requests (came: ${this.requests.length})`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }

  async #take(request: Request): Promise<Response> {
    const text = await request.text();
    const received: ReceivedWebhook = {
      path: new URL(request.url).pathname,
      headers: Object.fromEntries(request.headers),
      text,
      event: JSON.parse(text),
    };
    this.requests.push(received);
    const response = await this.answer(received);
    if (response.ok) this.taken.push(received);
    return response;
  }
}
