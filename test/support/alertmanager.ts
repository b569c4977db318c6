import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import { freePort } from './port.ts';
import { eventually } from './until.ts';

const committed = join(import.meta.dir, '..', '..', 'metrics', 'alertmanager', 'alertmanager.yml');

/** What a pager is told of one alert (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export interface PagedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

/** Debian's Alertmanager with the committed configuration, but for who is told: a pager that keeps what it got. */
export class Alertmanager implements AsyncDisposable {
  readonly paged: PagedAlert[] = [];

  private constructor(
    private readonly child: Bun.Subprocess,
    private readonly folder: string,
    private readonly pager: Bun.Server<undefined>,
    /** Host and port. */
    readonly address: string,
  ) {}

  static async start(): Promise<Alertmanager> {
    await ensurePackages(['prometheus-alertmanager'], 'to be told of alerts as an operator is');
    const folder = await mkdtemp(join(tmpdir(), 'tureen-alertmanager-'));
    const address = `127.0.0.1:${freePort()}`;
    let alertmanager: Alertmanager | undefined;
    const pager = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const { alerts } = (await request.json()) as { alerts: PagedAlert[] };
        alertmanager?.paged.push(...alerts);
        return new Response(null, { status: 204 });
      },
    });
    const configuration = await Bun.file(committed).text();
    const told = configuration
      .replace('https://pager.example.com/tureen', pager.url.href)
      .replace('group_wait: 10s', 'group_wait: 0s')
      .replace('group_interval: 5m', 'group_interval: 1s')
      // No mail leaves a test.
      .replace('mail.example.com:587', '127.0.0.1:9');
    await Bun.write(join(folder, 'alertmanager.yml'), told);
    await Bun.write(join(folder, 'mail-password'), 'none');
    const child = Bun.spawn(
      [
        'prometheus-alertmanager',
        `--config.file=${join(folder, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    );
    alertmanager = new Alertmanager(child, folder, pager, address);
    await eventually(
      'a ready Alertmanager',
      async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok,
      (ok) => ok === true,
    );
    return alertmanager;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.exited;
    await this.pager.stop(true);
    await rm(this.folder, { recursive: true, force: true });
  }
}
