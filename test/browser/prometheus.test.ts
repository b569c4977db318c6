import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { alertRules, recordingRules } from '../../metrics/prometheus/rules.ts';
import type { Server } from '../../src/app/server.ts';
import type { HostState } from '../../src/core/findings.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { Browser, seesAndHears } from './support.ts';
import { hum } from './voice.ts';

const boardFolder = join(import.meta.dir, '..', '..', 'metrics', 'grafana', 'dashboards');
/** Scrapes over which rates are compared. */
const comparedScrapes = 20;

/** As on a host that speaks HTTPS itself, whose certificate ends soon. */
const ownCertificate: HostState = {
  checks: ['disk', 'certificate'],
  findings: [
    {
      check: 'certificate',
      severity: 'warning',
      what: 'the certificate ends in 10 days',
      why: 'Browsers will refuse to connect.',
      remedy: 'Renew it.',
    },
  ],
  measures: { dataFreeBytes: 5e9, certificateEnd: Date.now() + 10 * 86_400_000, clockSynchronized: true },
};

let server: Server & AsyncDisposable;
let browser: Browser;
let prometheus: PrometheusServer;
let pages: Page[];
/** A program that is told by webhooks what happens. */
let receiver: Bun.Server<undefined>;

beforeAll(async () => {
  receiver = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(null, { status: 204 }) });
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const environment = {
    TUREEN_WEBHOOKS: JSON.stringify([{ name: 'ledger', url: receiver.url.href, secret }]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
    TUREEN_STATS_INTERVAL_SECONDS: '1',
    TUREEN_METRICS_PORT: '0',
    TUREEN_NODE: 'n1',
    TUREEN_REGION: 'ams',
  };
  server = await startServer(environment, { host: () => ownCertificate });
  prometheus = await PrometheusServer.start({ targets: [`127.0.0.1:${server.metricsListener?.port}`] });
  await eventually(
    'a scrape',
    () => prometheus.number('up{job="tureen"}'),
    (up) => up === 1,
  );
  browser = await Browser.launch();
  pages = await Promise.all(
    ['Alice', 'Bob'].map((name) => browser.open(server, { room: 'metrics', name, voice: hum })),
  );
  await Promise.all(pages.map((page) => seesAndHears(page, 1)));
  // Somebody who comes and is put out again, so that there is a session that ended.
  const { client } = await enter({ server, roomId: 'metrics', peerId: 'eve' });
  void server.sfu.removePeer({
    roomId: 'metrics',
    peerId: 'eve',
    reason: '',
    by: { kind: 'admin', id: 'root' },
  });
  await client.closed;
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await prometheus?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await receiver?.stop(true);
});

test('the rates that Prometheus has agree within a tenth with what the browsers say of themselves', async () => {
  // The bandwidth estimation raises the bitrate for some seconds; only a steady one can be compared.
  await untilSteady();
  const before = await look();
  const scrapes = () => prometheus.number(`count_over_time(tureen_rooms[${elapsed(before)}s])`);
  await eventually('enough scrapes', scrapes, (count) => count >= comparedScrapes);
  const after = await look();
  for (const field of Object.keys(counters) as (keyof Traffic)[]) {
    const theirs = (after.browsers[field] - before.browsers[field]) / (after.at - before.at);
    const ours = (after.ours[field] - before.ours[field]) / (after.at - before.at);
    console.log(`${counters[field]}: ${Math.round(ours)} a second, the browsers say ${Math.round(theirs)}`);
    expect(ours / theirs, field).toBeGreaterThan(0.9);
    expect(ours / theirs, field).toBeLessThan(1.1);
  }
});

/** On a node of which nobody asked to end. */
const mayBeEmpty: ReadonlySet<string> = new Set(['no drain']);
/** Only a node with a bus has these series (test/metrics/mesh.test.ts), or another program; this node is alone. */
const isElsewhere = /tureen_bus_|tureen_canary_/;

test('every metric that a panel or a rule names is there, and every panel gets data', async () => {
  const names = new Set(await prometheus.names());
  const queries = await panelQueries();
  const exprs = [...queries, ...alertRules, ...recordingRules].map(({ expr }) => expr);
  const named = new Set(
    exprs.flatMap((expr) => expr.match(/\b(?:tureen|process|node:tureen|worker:tureen)_[\w:]+/g) ?? []),
  );
  expect([...named].filter((name) => !names.has(name) && !isElsewhere.test(name))).toEqual([]);
  const empty: string[] = [];
  const unknown: string[] = [];
  for (const { where, expr, noValue } of queries) {
    // It is empty where nothing crosses between nodes; test/metrics/mesh.test.ts has two that meet.
    if (where.startsWith('Tureen / Mesh / ')) continue;
    const samples = await prometheus.query(expr);
    // A panel that is empty while all is well says so itself.
    if (samples.length === 0 && mayBeEmpty.has(noValue)) continue;
    if (samples.length === 0) empty.push(`${where}: ${expr}`);
    else if (samples.every(({ value }) => value[1] === 'NaN')) unknown.push(where);
  }
  expect(empty).toEqual([]);
  expect(unknown).toEqual([]);
  expect(queries.length).toBeGreaterThan(100);
});

test('every rule is evaluated, and no alert fires on a healthy node', async () => {
  const rules = await eventually(
    'evaluated rules',
    () => prometheus.rules(),
    (all) => all.every(({ health }) => health !== 'unknown'),
  );
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  expect(rules).toHaveLength(alertRules.length + recordingRules.length);
});

interface Traffic {
  readonly sentBytes: number;
  readonly sentAudioPackets: number;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
}

/** Browsers count what they send for a second time, padding for probes above all, with the stream that it belongs to. */
const counters: Readonly<Record<keyof Traffic, string>> = {
  sentBytes:
    'sum(tureen_producer_bytes_total) + sum(tureen_transport_bytes_total{direction="in",content="rtx"})',
  sentAudioPackets: 'sum(tureen_producer_packets_total{kind="audio"})',
  receivedBytes: 'sum(tureen_consumer_bytes_total)',
  receivedPackets: 'sum(tureen_consumer_packets_total)',
};

interface Look {
  /** Seconds since 1970. */
  readonly at: number;
  readonly browsers: Traffic;
  readonly ours: Traffic;
}

/** What the browsers say at one moment, and what Prometheus has of that moment. */
async function look(): Promise<Look> {
  // On a busy machine the sampler rests for longer, so this moment gets a pass of its own.
  const [each] = await Promise.all([
    Promise.all(pages.map((page) => page.evaluate(readTraffic))),
    server.measurements.sampler.pass({ hurry: true }),
  ]);
  const at = Date.now() / 1000;
  await eventually(
    'a later scrape',
    () => prometheus.number('timestamp(tureen_rooms)'),
    (time) => time > at,
  );
  const total = async (read: (field: keyof Traffic) => number | Promise<number>): Promise<Traffic> => ({
    sentBytes: await read('sentBytes'),
    sentAudioPackets: await read('sentAudioPackets'),
    receivedBytes: await read('receivedBytes'),
    receivedPackets: await read('receivedPackets'),
  });
  return {
    at,
    browsers: await total((field) => each.reduce((sum, page) => sum + page[field], 0)),
    ours: await total((field) => prometheus.number(counters[field])),
  };
}

/** Runs in a page. */
async function readTraffic(): Promise<Traffic> {
  const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
  const total = { sentBytes: 0, sentAudioPackets: 0, receivedBytes: 0, receivedPackets: 0 };
  for (const connection of connections.filter(({ connectionState }) => connectionState !== 'closed')) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === 'outbound-rtp') {
        total.sentBytes += entry.bytesSent + entry.headerBytesSent;
        if (entry.kind === 'audio') total.sentAudioPackets += entry.packetsSent;
      } else if (entry.type === 'inbound-rtp' && entry.ssrc !== 1234) {
        const { retransmittedBytesReceived: againBytes = 0, retransmittedPacketsReceived: again = 0 } = entry;
        total.receivedBytes += entry.bytesReceived + entry.headerBytesReceived - againBytes;
        total.receivedPackets += entry.packetsReceived - again;
      }
    }
  }
  return total;
}

const elapsed = ({ at }: Look): number => Math.max(1, Math.ceil(Date.now() / 1000 - at));

async function untilSteady(): Promise<void> {
  const rate = (ago = '') => prometheus.number(`sum(rate(tureen_consumer_bytes_total[5s]${ago}))`);
  await eventually(
    'a steady bitrate',
    async () => [await rate(), await rate(' offset 5s')] as const,
    ([now, before]) => Math.abs(now / before - 1) < 0.1,
  );
}

interface PanelQuery {
  readonly where: string;
  readonly expr: string;
  /** What the panel says when there is nothing. */
  readonly noValue: string;
}

/** Every query of the committed dashboards, as Grafana sends it with all nodes chosen. */
async function panelQueries(): Promise<PanelQuery[]> {
  const boards = await Promise.all(
    (await readdir(boardFolder)).map(async (name) => await Bun.file(join(boardFolder, name)).json()),
  );
  type Panel = {
    title: string;
    targets?: { expr: string }[];
    fieldConfig?: { defaults: { noValue: string } };
  };
  return (boards as { title: string; panels: Panel[] }[]).flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr }) => ({
        where: `${title} / ${panel.title}`,
        noValue: panel.fieldConfig?.defaults.noValue ?? '',
        expr: expr
          .replaceAll('$__rate_interval', '3m')
          .replaceAll('$__range', '5m')
          .replaceAll(/\$(node|region)/g, '.+'),
      })),
    ),
  );
}
