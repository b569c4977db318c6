import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerBin } from 'mediasoup';
import { createHeadlessClient, createRtpTrack } from '../../client/headless.ts';
import type { Server } from '../../src/app/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { hostContext } from '../../src/host/doctor/context.ts';
import { SelfCheck } from '../../src/host/doctor/self-check.ts';
import { Alertmanager, type PagedAlert } from '../support/alertmanager.ts';
import { makeCertificate } from '../support/certificate.ts';
import { TestClock } from '../support/clock.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { startServer, testLog } from '../support/server.ts';
import { mayMount, SmallDisk } from '../support/small-disk.ts';
import { eventually, until } from '../support/until.ts';

setDefaultTimeout(180_000);

const day = 86_400_000;
/** As many as an alert about transports asks for. */
const callers = 22;

const metricsOf = ({ metricsListener }: Server) => `127.0.0.1:${metricsListener?.port}`;

/**
 * The night of docs/operations.md, from the fault to the pager: real faults of real servers, a real Prometheus with the
 * committed rules, a real Alertmanager with the committed configuration. Only waits are shortened: alerts hold at once
 * instead of after some minutes, and the server's own clock is moved.
 */
test.skipIf(!mayMount)(
  'a night: what fails is on the pager within seconds, with a runbook that is there, and /readyz says what it is',
  async () => {
    await using ends = new AsyncDisposableStack();
    const host = await hostThatFails(ends);
    const badAddress = await nodeAtWrongAddress(ends);
    const loop = new CrashLoop(freePort());
    ends.use(loop);
    const alertmanager = ends.use(await Alertmanager.start());
    const targets = [metricsOf(host.server), metricsOf(badAddress.server), `127.0.0.1:${loop.port}`];
    await loop.start();
    const prometheus = ends.use(
      await PrometheusServer.start({ targets, alertmanager: alertmanager.address, hasty: true }),
    );
    await eventually(
      'a scrape of each node',
      () => prometheus.number('sum(up{job="tureen"})'),
      (up) => up === 3,
    );
    // The worker hangs for as long as the server gives it.
    host.hangWorker();
    await Promise.all([loop.crashThrice(prometheus), badAddress.call(), host.breakDown()]);

    const paged = (alert: string, labels: Readonly<Record<string, string>>) =>
      until(
        () =>
          alertmanager.paged.some((one) => fits(one, { ...labels, alertname: alert, severity: 'critical' })),
        `${alert} on the pager`,
        60_000,
      );
    await Promise.all([
      paged('TureenHostBroken', { node: 'n1', check: 'disk' }),
      paged('TureenHostBroken', { node: 'n1', check: 'certificate' }),
      paged('TureenCertificateEnds', { node: 'n1' }),
      paged('TureenStorageFails', { node: 'n1' }),
      paged('TureenWorkerHangs', { node: 'n1' }),
      paged('TureenTransportsFail', { node: 'n2' }),
      paged('TureenRestartLoop', { node: 'n3' }),
    ]);
    // Nobody is told of a fault of another node.
    const others = alertmanager.paged.filter(({ labels }) => labels.node === 'n2');
    const ofAddress = ['TureenTransportsFail', 'TureenMediaMissing'];
    expect(others.filter(({ labels }) => !ofAddress.includes(labels.alertname ?? ''))).toEqual([]);
    for (const { annotations, labels } of alertmanager.paged) {
      const runbook = await fetch(annotations.runbook_url);
      expect(runbook.status, annotations.runbook_url).toBe(200);
      expect(await runbook.text()).toContain(`id="${new URL(annotations.runbook_url).hash.slice(1)}"`);
      expect(annotations.summary).toContain(labels.node ?? '');
    }
    const ready = await fetch(`http://127.0.0.1:${host.server.port}/readyz`);
    expect(ready.status).toBe(503);
    const { reasons } = (await ready.json()) as { reasons: string[] };
    expect(reasons).toContainEqual(expect.stringMatching(/^only \d MB are free in /));
    expect(reasons).toContainEqual(expect.stringMatching(/^the certificate .* (ended|expired)/));
  },
);

function fits({ status, labels }: PagedAlert, wanted: Readonly<Record<string, string>>): boolean {
  return status === 'firing' && Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** A node whose data disk fills, whose certificate ends, and one of whose workers hangs. */
async function hostThatFails(ends: AsyncDisposableStack) {
  const disk = ends.use(await SmallDisk.inMemory(128));
  const folder = ends.adopt(await mkdtemp(join(tmpdir(), 'tureen-night-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const { cert, key } = await makeCertificate(folder, 'night', { days: 2 });
  const environment = {
    ...{ TUREEN_NODE: 'n1', TUREEN_METRICS_PORT: '0', TUREEN_WORKERS: '2', TUREEN_DATA_DIR: disk.folder },
    TUREEN_RTC_BASE_PORT: '0',
  };
  const clock = new TestClock();
  let now = Date.now();
  // Another program speaks HTTPS here, so that the test can ask without: the certificate is looked at all the same.
  const config = readConfig({ ...environment, TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key });
  const context = { ...hostContext(config, workerBin), now: () => now };
  const selfCheck = ends.adopt(new SelfCheck({ context, log: testLog, clock }), (check) => check.close());
  const server = ends.use(await startServer(environment, { host: () => selfCheck.state }));
  await selfCheck.started();
  return {
    server,
    hangWorker() {
      process.kill(server.sfu.pool.slots[0]?.live?.worker.pid ?? 0, 'SIGSTOP');
    },
    async breakDown() {
      disk.fill();
      now += 3 * day;
      const found = () => selfCheck.state.findings.filter(({ severity }) => severity === 'fatal');
      await until(() => {
        clock.advance(15_000);
        return found().length === 2;
      }, 'what the self-check finds');
      // Somebody is banned, which cannot be stored.
      const by = { kind: 'admin', id: 'root' } as const;
      const ban = { kind: 'identity', value: 'eve', roomId: null, reason: '', by, expiresAt: null } as const;
      await expect(server.commands.ban(ban, { by })).rejects.toThrow('is full');
    },
  };
}

/** A node that announces an address at which it is not. */
async function nodeAtWrongAddress(ends: AsyncDisposableStack) {
  const clock = new TestClock();
  const environment = {
    ...{ TUREEN_NODE: 'n2', TUREEN_METRICS_PORT: '0', TUREEN_LISTEN_IP: '127.0.0.1' },
    TUREEN_ANNOUNCED_ADDRESS: '203.0.113.9',
  };
  const server = ends.use(await startServer(environment, { clock }));
  return {
    server,
    async call() {
      const url = `http://127.0.0.1:${server.port}`;
      let waiting = 0;
      server.sfu.events.on('transportWaits', () => {
        waiting += 1;
      });
      for (let index = 0; index < callers; index += 1) {
        const client = createHeadlessClient({ url, roomId: `room ${index}`, peerId: 'alice' });
        ends.defer(() => client.leave());
        await client.join();
        void client.publish(createRtpTrack('audio').track, 'microphone').catch(() => undefined);
      }
      await until(() => {
        clock.advance(5000);
        return waiting === callers;
      }, 'transports that wait');
    },
  };
}

/** A server that ends by itself soon after each start, and is started again. */
class CrashLoop implements AsyncDisposable {
  #program: Program | undefined;

  constructor(readonly port: number) {}

  async start(): Promise<void> {
    const environment = { TUREEN_NODE: 'n3', TUREEN_METRICS_PORT: String(this.port) };
    this.#program = await Program.start({ environment });
  }

  async crashThrice(prometheus: PrometheusServer): Promise<void> {
    const starts = () => prometheus.number('changes(process_start_time_seconds{node="n3"}[5m])');
    for (let crash = 1; crash <= 3; crash += 1) {
      await this.#program?.[Symbol.asyncDispose]();
      await this.start();
      await eventually('a scrape of the new process', starts, (changes) => changes === crash);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}
