import type { Config } from '../src/config/config.ts';
import type { SignalingBus, SignalingEvents } from '../src/signaling/events.ts';

export interface TracesOptions {
  events: SignalingBus;
  config: Pick<Config, 'otlpEndpoint' | 'otlpHeaders' | 'node' | 'region'>;
  /** Of Tureen itself. */
  version: string;
  onError: (error: unknown) => void;
  /** Milliseconds between two deliveries. */
  interval?: number;
}

interface Span {
  readonly request: SignalingEvents['requestHandled'];
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

/** Spans that wait for a collector at most; when it is gone for long, the newest are left out. */
const mostWaiting = 2048;
const deliveryTimeoutMs = 10_000;
const lastDeliveryTimeoutMs = 1000;
/** Of the enumerations of OTLP (opentelemetry/proto/trace/v1/trace.proto). */
const serverSpan = 2;
const statusError = 2;

/**
 * One span for every request of the signaling socket, sent to an OpenTelemetry collector as OTLP/HTTP with JSON
 * (https://opentelemetry.io/docs/specs/otlp/). Elysia's plugin is not used: it sees HTTP requests only, while signaling
 * is messages on a socket, and it brings a hundred packages into every installation for that.
 */
export class Traces {
  #waiting: Span[] = [];
  #sending: Promise<void> = Promise.resolve();
  readonly #stop: () => void;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly options: TracesOptions) {
    const { events, interval = 5000 } = options;
    this.#stop = events.on('requestHandled', (request) => {
      if (this.#waiting.length < mostWaiting) this.#waiting.push({ request, endedAt: Date.now() });
    });
    this.#timer = setInterval(() => void this.flush(), interval);
    this.#timer.unref();
  }

  /** Sends what waits. It never rejects: a collector that is away must not disturb a call. */
  flush(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send()).catch(this.options.onError);
    return this.#sending;
  }

  async close(): Promise<void> {
    this.#stop();
    clearInterval(this.#timer);
    // A server that ends does not wait for long for a collector that is away.
    await Promise.race([this.flush(), Bun.sleep(lastDeliveryTimeoutMs)]);
  }

  async #send(): Promise<void> {
    const spans = this.#waiting;
    if (spans.length === 0) return;
    this.#waiting = [];
    const { otlpEndpoint = '', otlpHeaders } = this.options.config;
    const url = `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...readHeaders(otlpHeaders), 'content-type': 'application/json' },
      body: JSON.stringify(this.#describe(spans)),
      signal: AbortSignal.timeout(deliveryTimeoutMs),
    });
    if (!response.ok)
      throw new Error(`the collector at ${url} answered ${response.status}; ${spans.length} spans are lost`);
  }

  #describe(spans: readonly Span[]): object {
    const { node, region, version } = { ...this.options.config, version: this.options.version };
    const resource = {
      attributes: attributes({
        'service.name': 'tureen',
        'service.version': version,
        'service.instance.id': node,
        'cloud.region': region,
      }),
    };
    return {
      resourceSpans: [
        { resource, scopeSpans: [{ scope: { name: 'tureen.signaling' }, spans: spans.map(describe) }] },
      ],
    };
  }
}

function describe({ request, endedAt }: Span): object {
  const { method, result, duration, roomId, peerId } = request;
  // A name that the protocol does not have is the client's own and may be anything.
  const name = result === 'unknown_method' ? 'unknown' : method;
  return {
    traceId: randomHex(16),
    spanId: randomHex(8),
    name: `signaling ${name}`,
    kind: serverSpan,
    startTimeUnixNano: nanoseconds(endedAt - duration),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: attributes({
      'rpc.system': 'protoo',
      'rpc.method': name,
      'tureen.result': result,
      'tureen.room.id': roomId,
      'tureen.peer.id': peerId,
    }),
    status: result === 'ok' ? {} : { code: statusError, message: result },
  };
}

function attributes(values: Readonly<Record<string, string | undefined>>): object[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: { stringValue: value } }],
  );
}

function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}

/** OTLP writes 64-bit numbers as text. */
function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}

/** `name=value,name=value`, as every OpenTelemetry program takes them. */
function readHeaders(text = ''): Record<string, string> {
  const pairs = text.split(',').filter((part) => part.includes('='));
  return Object.fromEntries(
    pairs.map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), decodeURIComponent(part.slice(at + 1).trim())];
    }),
  );
}
