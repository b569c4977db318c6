import { expect, spyOn, test } from 'bun:test';
import { Measurements } from '../../metrics/measurements.ts';
import { Traces } from '../../metrics/traces.ts';
import { type Channel, type EventReport, sfuReports, signalingReports } from '../../src/app/event-reports.ts';
import { logEvents, sfuLevels, signalingLevels } from '../../src/app/log-events.ts';
import { readConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger as log } from '../../src/core/log.ts';
import { EventStream } from '../../src/public-events/stream.ts';
import type { SfuEventName } from '../../src/sfu/events.ts';
import { Sfu } from '../../src/sfu/sfu.ts';
import { SignalingCounts } from '../../src/signaling/counts.ts';
import type { SignalingBus } from '../../src/signaling/events.ts';
import { startNotifications } from '../../src/signaling/notify.ts';
import { timelineEvents } from '../../src/timelines/lines.ts';
import { TestClock } from '../support/clock.ts';

const tables: Readonly<Record<string, EventReport>> = { ...sfuReports, ...signalingReports };
const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });

/** A domain without workers and rooms, and a bus of signaling. */
function quietNode() {
  const rtp = { listenInfo: { protocol: 'udp', ip: '127.0.0.1' } as const, mayReach: () => true };
  const sfu = new Sfu({ settings: config, workers: { count: 1, listenInfos: () => [] }, rtp, log });
  const signaling: { events: SignalingBus; counts: { queued: number; notifications: number } } = {
    events: new EventBus(log),
    counts: { queued: 0, notifications: 0 },
  };
  return { sfu, signaling };
}

type Node = ReturnType<typeof quietNode>;

/** The names that are subscribed to while `subscribe` runs. */
async function subscribedBy(subscribe: (node: Node) => unknown): Promise<string[]> {
  const node = quietNode();
  const spies = [spyOn(node.sfu.events, 'on'), spyOn(node.signaling.events, 'on')];
  await subscribe(node);
  return spies.flatMap(({ mock }) => mock.calls.map(([name]) => name));
}

function metrics({ sfu, signaling }: Node): Promise<void> {
  const untraced = { ...config, otlpEndpoint: undefined };
  return new Measurements({ sfu, signaling, config: untraced, version: '', onError: () => {} }).close();
}

function notifications({ sfu: { events, mesh, rooms } }: Node): void {
  const remoteEvents = mesh.events;
  startNotifications({
    events,
    remoteEvents,
    rooms,
    connectionOf: () => undefined,
    broadcast: { send: () => {} },
    counts: new SignalingCounts(),
    clock: systemClock,
    fallback: () => 0,
  });
}

/** The events that each channel reports, as it says itself. */
const reportedBy: Readonly<Record<Channel, () => Promise<readonly string[]>>> = {
  log: () =>
    subscribedBy(({ sfu, signaling }) => {
      logEvents(sfu.events, sfuLevels, { log });
      logEvents(signaling.events, signalingLevels, { log });
    }),
  notification: () => subscribedBy(notifications),
  webhook: () =>
    subscribedBy(({ sfu: { events } }) => new EventStream({ events, clock: new TestClock(), node: 'a' })),
  timeline: async () => timelineEvents,
  metric: () => subscribedBy(metrics),
  trace: () =>
    subscribedBy(({ signaling: { events } }) =>
      new Traces({ events, config, version: '', onError: () => {} }).close(),
    ),
};

test.each(Object.keys(reportedBy) as Channel[])(
  'the table says which events a %s reports',
  async (channel) => {
    const inTable = Object.keys(tables).filter((name) => tables[name]?.in.some((each) => each === channel));
    expect(inTable.sort()).toEqual([...new Set(await reportedBy[channel]())].sort());
  },
);

test('a table that lacks an event, or a reason for silence, does not compile', () => {
  const { roomOpened: _roomOpened, ...incomplete } = sfuReports;
  // @ts-expect-error Its row is missing.
  incomplete satisfies Record<SfuEventName, EventReport>;
  // @ts-expect-error Nothing says why it is reported nowhere.
  ({ means: 'A room was opened.', in: [] }) satisfies EventReport;
});
