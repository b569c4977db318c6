import { allMetrics, Collection } from '../../metrics/collection.ts';
import type { Collector, MeasuredNode } from '../../metrics/collector.ts';
import { Page } from '../../metrics/page.ts';
import { Sampler } from '../../metrics/sampler/sampler.ts';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import type { Server } from '../../src/app/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger as log } from '../../src/core/log.ts';
import { Sfu } from '../../src/sfu/sfu.ts';
import type { SignalingEvents } from '../../src/signaling/events.ts';
import { TestClock } from '../support/clock.ts';
import { run } from '../support/run.ts';
import { until } from '../support/until.ts';

/** What a page says of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Value by series, e.g. `tureen_rooms{node="a"}`. */
  readonly series: Map<string, number>;
}

/** Reads a page in Prometheus' text format. */
export function readPage(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    if (name) {
      current = { name, help, type: '', series: new Map() };
      families.set(name, current);
    } else if (line.startsWith('# TYPE') && current) {
      current = { ...current, type: line.split(' ')[3] ?? '' };
      families.set(current.name, current);
    } else if (!line.startsWith('#') && current) {
      const at = line.lastIndexOf(' ');
      current.series.set(line.slice(0, at), Number(line.slice(at + 1)));
    }
  }
  return families;
}

/** Every series of a page with its value. */
export function seriesOf(text: string): Map<string, number> {
  return new Map([...readPage(text).values()].flatMap(({ series }) => [...series]));
}

/** The sum of the series of a metric whose labels hold all of these. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const [series, value] of seriesOf(text)) {
    const [own, rest = ''] = series.split('{');
    if (own === name && wanted.every((each) => rest.includes(each))) sum += value;
  }
  return sum;
}

/** Series that may only grow: counters, and all of a histogram. */
export function growingSeries(text: string): Map<string, number> {
  const growing = [...readPage(text).values()].filter(
    ({ type }) => type === 'counter' || type === 'histogram',
  );
  return new Map(
    growing.flatMap(({ series }) =>
      [...series].filter(([name]) => !/_sum[{ ]?/.test(name) || !name.includes('dbov')),
    ),
  );
}

export async function scrape(server: Server, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers });
  if (!response.ok) throw new Error(`/metrics answered ${response.status} ${await response.text()}`);
  return await response.text();
}

/** Scrapes until the page holds what is waited for. */
export async function scrapeUntil(server: Server, holds: (text: string) => boolean): Promise<string> {
  let text = '';
  await until(async () => {
    text = await scrape(server);
    return holds(text);
  }, 'what was waited for on the page');
  return text;
}

/** Runs promtool of Debian's package prometheus, which it installs when it is not there. */
export async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ exitCode: number; output: string }> {
  await ensurePackages(['prometheus'], 'to check the metrics and the rules');
  const { exitCode, output } = await run(['promtool', ...args], { input });
  return { exitCode, output };
}

/** These collectors at work on a page of their own: with a domain whose worker does not run, and a bus of signaling. */
export function collecting(...collectors: readonly Collector[]) {
  return collectingIn(undefined, ...collectors);
}

/** As `collecting`, on a node of a mesh. */
export function collectingIn(mesh: MeasuredNode['mesh'], ...collectors: readonly Collector[]) {
  const settings = readConfig({});
  const rtp = { listenInfo: { protocol: 'udp', ip: '127.0.0.1' } as const, mayReach: () => true };
  const sfu = new Sfu({ settings, workers: { count: 1, listenInfos: () => [] }, rtp, log });
  const page = new Page(allMetrics);
  const clock = new TestClock();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const loopLag = { worst: () => 0, follow: () => {} };
  const sampler = new Sampler({ page, sfu, clock, loopLag, intervalSeconds: 300, onError });
  const signalingEvents = new EventBus<SignalingEvents>(log);
  const counts = { queued: 0, notifications: 0 };
  const collection = new Collection({
    collectors,
    node: {
      page,
      sfu,
      signaling: counts,
      webhooks: undefined,
      storage: undefined,
      host: undefined,
      isRelay: () => false,
      mesh,
      sampler,
      version: 'test',
      clock,
    },
    events: sfu.events,
    signalingEvents,
    sampler,
    loopLag,
    onError,
  });
  sampler.start();
  const text = async () => {
    collection.collect();
    return await page.text();
  };
  return { sfu, signalingEvents, sampler, clock, errors, text };
}
