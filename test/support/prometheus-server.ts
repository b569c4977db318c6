import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import { freePort } from './port.ts';
import { eventually } from './until.ts';

const committed = join(import.meta.dir, '..', '..', 'metrics', 'prometheus');

/** One series of an answer: its labels, and its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface PrometheusOptions {
  /** Of the node, or of each. */
  readonly targets: readonly string[];
  /** Where it sends its alerts; nowhere by default. */
  readonly alertmanager?: string;
  /** Alerts hold at once, and not after the minutes of their rule. */
  readonly hasty?: boolean;
}

/** Debian's Prometheus with the committed configuration and rules, but for the targets and a scrape each second. */
export class PrometheusServer implements AsyncDisposable {
  private constructor(
    private readonly child: Bun.Subprocess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start({ targets, alertmanager, hasty = false }: PrometheusOptions): Promise<PrometheusServer> {
    await ensurePackages(['prometheus'], 'to read the metrics as an operator does');
    const folder = await mkdtemp(join(tmpdir(), 'tureen-prometheus-'));
    const configuration = await Bun.file(join(committed, 'prometheus.yml')).text();
    await Bun.write(
      join(folder, 'prometheus.yml'),
      configuration
        .replaceAll('_interval: 15s', '_interval: 1s')
        .replace('["alertmanager:9093"]', JSON.stringify(alertmanager === undefined ? [] : [alertmanager])),
    );
    const rules = await Bun.file(join(committed, 'rules.yml')).text();
    await Bun.write(join(folder, 'rules.yml'), hasty ? rules.replaceAll(/for: \d+m/g, 'for: 0m') : rules);
    await Bun.write(join(folder, 'targets.json'), JSON.stringify([{ targets }]));
    const address = `127.0.0.1:${freePort()}`;
    const child = Bun.spawn(
      [
        'prometheus',
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        `--web.external-url=http://${address}/`,
        `--web.console.templates=${join(committed, 'consoles')}`,
        '--log.level=error',
      ],
      { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' },
    );
    const prometheus = new PrometheusServer(child, folder, `http://${address}`);
    await eventually(
      'a ready Prometheus',
      async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok,
      (ok) => ok === true,
    );
    return prometheus;
  }

  /** An instant query. @param time in seconds since 1970; now unless told */
  async query(expr: string, time?: number): Promise<Sample[]> {
    const parameters = { query: expr, ...(time === undefined ? {} : { time: String(time) }) };
    const { result } = await this.#ask<{ result: Sample[] }>('query', parameters);
    return result;
  }

  /** The one value of a query. */
  async number(expr: string, time?: number): Promise<number> {
    const [first] = await this.query(expr, time);
    return Number(first?.value[1]);
  }

  /** Every metric that it has seen. */
  names(): Promise<string[]> {
    return this.#ask('label/__name__/values', {});
  }

  /** Every rule with what came of its last evaluation. */
  async rules(): Promise<{ name: string; health: string; lastError?: string; state?: string }[]> {
    const { groups } = await this.#ask<{ groups: { rules: { name: string; health: string }[] }[] }>(
      'rules',
      {},
    );
    return groups.flatMap(({ rules }) => rules);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${parameters.query ?? path}: ${answer.error}`);
    return answer.data;
  }
}
