import { setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { freePort } from '../support/port.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { socketUrl, startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';

setDefaultTimeout(180_000);

const by = { kind: 'admin', id: 'root' } as const;
const metrics = { ...withKeys, TUREEN_METRICS_PORT: '0' };
const metricsOf = ({ metricsListener }: Server) => `127.0.0.1:${metricsListener?.port}`;

/** Waits until a real Prometheus with the committed rules, of which alerts hold at once, fires these. */
async function fires(prometheus: PrometheusServer, wanted: readonly string[]): Promise<void> {
  const firing = new Set<string>();
  const missing = async () => {
    const alerts = await prometheus.query('ALERTS{alertstate="firing"}');
    for (const { metric } of alerts) firing.add(`${metric.alertname} ${metric.node ?? ''}`.trim());
    return wanted.filter((alert) => !firing.has(alert));
  };
  await until(async () => (await missing()).length === 0, 'the alerts', 90_000);
}

const scraped = (prometheus: PrometheusServer, nodes: number) =>
  eventually(
    'a scrape of each node',
    () => prometheus.number('sum(up{job="tureen"})'),
    (up) => up === nodes,
  );

/** Enters and goes away before it joined. */
async function leavesEarly(server: Server, peerId: string): Promise<void> {
  const client = await SignalingClient.connect({ server, peerId, token: await tokenFor('room', peerId) });
  await client.request('getRouterRtpCapabilities', {});
  await client.close();
}

async function isRefused(server: Server, peerId: string): Promise<void> {
  const socket = new WebSocket(socketUrl({ server, peerId }), 'protoo');
  await new Promise((resolve) => socket.addEventListener('close', resolve));
}

test('a worker that is killed, strangers, clients that give up, a drain without an end and a node that is not there are alerts', async () => {
  await using ends = new AsyncDisposableStack();
  const server = ends.use(await startServer({ ...metrics, TUREEN_NODE: 'n1' }));
  // Its drain had its deadline ten minutes ago.
  const clock = new TestClock(Date.now() - 600_000);
  const drained = ends.use(await startServer({ ...metrics, TUREEN_NODE: 'n2' }, { clock }));
  const targets = [metricsOf(server), metricsOf(drained), `127.0.0.1:${freePort()}`];
  const prometheus = ends.use(await PrometheusServer.start({ targets, hasty: true }));
  await scraped(prometheus, 2);
  process.kill(server.sfu.pool.slots[0]?.live?.worker.pid ?? 0, 'SIGKILL');
  void drained.sfu.drain({ milliseconds: 1000, by });
  for (let index = 0; index < 25; index += 1) {
    await isRefused(server, `stranger-${index}`);
    await leavesEarly(server, `hasty-${index}`);
  }
  await fires(prometheus, [
    'TureenWorkerDied n1',
    'TureenJoinsRefused n1',
    'TureenJoinsFail n1',
    'TureenDrainTooLong n2',
    'TureenNodeMissing',
  ]);
});
