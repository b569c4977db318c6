import { Counter, Gauge, Registry } from 'prom-client';
import type { CallError, CallResult } from './call.ts';

const labelNames = ['target'] as const;

/** What the canary found last, for Prometheus. `target` is the server as the command line names it. */
export class Exporter {
  readonly #registry = new Registry();
  readonly #success = this.#gauge('tureen_canary_success', '1 when the last call went as it should.');
  readonly #time = this.#gauge(
    'tureen_canary_last_call_timestamp_seconds',
    'When the last call ended, as seconds since 1970.',
  );
  readonly #join = this.#gauge(
    'tureen_canary_join_seconds',
    'From nothing to in the room, of the slower one of two peers.',
  );
  readonly #firstPacket = this.#gauge(
    'tureen_canary_first_packet_seconds',
    'From the wish to send until the first packet arrived at the other peer.',
  );
  readonly #latency = new Gauge({
    name: 'tureen_canary_latency_seconds',
    help: 'From one peer over the server to the other: half of the packets take longer (0.5), or one in twenty (0.95).',
    labelNames: [...labelNames, 'quantile'],
    registers: [this.#registry],
  });
  readonly #loss = this.#gauge('tureen_canary_loss_ratio', 'Share of packets that did not arrive.');
  readonly #calls = new Counter({
    name: 'tureen_canary_calls_total',
    help: 'Calls by what became of them: ok, or the step that failed (join, publish, media).',
    labelNames: [...labelNames, 'result'],
    registers: [this.#registry],
  });

  constructor(targets: readonly string[]) {
    // So that the first failure has a rate.
    for (const target of targets)
      for (const result of ['ok', 'join', 'publish', 'media']) this.#calls.inc({ target, result }, 0);
  }

  /** @param now milliseconds since 1970 */
  succeeded(target: string, { join, firstPacket, latency, loss }: CallResult, now: number): void {
    this.#ended({ target, result: 'ok', success: 1, now });
    this.#join.set({ target }, join);
    this.#firstPacket.set({ target }, firstPacket);
    this.#latency.set({ target, quantile: '0.5' }, latency.median);
    this.#latency.set({ target, quantile: '0.95' }, latency.p95);
    this.#loss.set({ target }, loss);
  }

  /** What was measured before is not shown any more: it would look as if it were so now. */
  failed(target: string, { step }: CallError, now: number): void {
    this.#ended({ target, result: step, success: 0, now });
    for (const gauge of [this.#join, this.#firstPacket, this.#loss]) gauge.remove({ target });
    for (const quantile of ['0.5', '0.95']) this.#latency.remove({ target, quantile });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #ended({ target, result, success, now }: { target: string; result: string; success: number; now: number }) {
    this.#calls.inc({ target, result });
    this.#success.set({ target }, success);
    this.#time.set({ target }, now / 1000);
  }

  #gauge(name: string, help: string): Gauge<'target'> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
