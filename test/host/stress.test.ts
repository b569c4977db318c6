import { expect, test } from 'bun:test';
import { StressMeter, type StressReading } from '../../src/host/stress/meter.ts';
import { readStress } from '../../src/host/stress/reading.ts';

interface Second {
  /** Milliseconds in which the only worker ran, and waited for the processor. */
  readonly ran: number;
  readonly waited?: number;
  readonly loop?: number;
  readonly megabits?: number;
  readonly files?: number;
  readonly pid?: number;
}

/** Reads so many seconds that are all alike. @returns the stress after the last one */
function after(seconds: number, second: Second, meter = new StressMeter({ maxEgressMbps: 1000 }), from = 0) {
  const { ran, waited = 0, loop = 0, megabits = 0, files = 0, pid = 1 } = second;
  const reading = (at: number): StressReading => ({
    at: at * 1000,
    loop: { pid: 100, ran: loop * at, waited: 0 },
    files,
    workers: [{ index: 0, time: { pid, ran: ran * at, waited: waited * at }, files: undefined }],
    sent: new Map([['eth0', (megabits * 1_000_000 * at) / 8]]),
  });
  let stress = meter.read(reading(from));
  for (let at = from + 1; at <= from + seconds; at += 1) stress = meter.read(reading(at));
  return stress;
}

test('a worker that never sleeps is at its end within ten seconds, and not after one', () => {
  const busy = { ran: 1000 };
  expect(after(1, busy).level).toBeLessThan(0.2);
  expect(after(10, busy)).toMatchObject({ resource: 'worker_cpu' });
  expect(after(10, busy).level).toBeGreaterThan(0.85);
  expect(after(60, busy).workers.get(0)?.level).toBeCloseTo(1, 3);
});

test('a worker that gets a third of a core and waits for the rest is at its end, too', () => {
  expect(after(60, { ran: 333, waited: 667 }).level).toBeCloseTo(1, 2);
});

test('a worker with little to do on a busy host is not', () => {
  expect(after(60, { ran: 50, waited: 500 }).level).toBeCloseTo(0.1, 2);
});

test('the scarcest resource makes the level', () => {
  expect(after(60, { ran: 500, loop: 800 })).toMatchObject({ resource: 'loop_cpu' });
  expect(after(60, { ran: 500, loop: 600, megabits: 900 })).toMatchObject({ resource: 'egress' });
  expect(after(60, { ran: 500, files: 0.95, megabits: 900 })).toMatchObject({
    level: 0.95,
    resource: 'files',
  });
});

test('egress is left out without a limit, and beyond the limit it is 1', () => {
  const unlimited = new StressMeter({ maxEgressMbps: undefined });
  expect(after(60, { ran: 0, megabits: 900 }, unlimited).levels.egress).toBeUndefined();
  expect(after(60, { ran: 0, megabits: 5000 }).levels.egress).toBeCloseTo(1, 3);
});

test('a worker that took the place of a dead one starts from nothing', () => {
  const meter = new StressMeter({ maxEgressMbps: undefined });
  expect(after(30, { ran: 1000 }, meter).level).toBeGreaterThan(0.9);
  expect(after(1, { ran: 100, pid: 2 }, meter, 31).workers.get(0)?.level).toBeLessThan(0.1);
});

test('what a process has had of the processor is read from Linux', () => {
  const workers = [{ index: 0, pid: process.pid }];
  const before = readStress({ workers, egress: true });
  const until = performance.now() + 50;
  while (performance.now() < until) Math.random();
  const now = readStress({ workers, egress: true });
  const [worker] = now.workers;
  const had = (time: StressReading['loop']) => (time?.ran ?? 0) + (time?.waited ?? 0);
  expect(had(now.loop) - had(before.loop)).toBeWithin(30, 1000 + now.at - before.at);
  expect(worker?.time?.pid).toBe(process.pid);
  expect(worker?.files).toBeWithin(Number.MIN_VALUE, 1);
  expect(now.files).toBe(worker?.files);
  for (const [name, bytes] of before.sent) expect(now.sent.get(name)).toBeGreaterThanOrEqual(bytes);
  expect(now.sent.has('lo')).toBe(false);
});

test('what cannot be read is left out', () => {
  const workers = [{ index: 0, pid: 2 ** 30 }];
  const meter = new StressMeter({ maxEgressMbps: undefined });
  meter.read(readStress({ workers, egress: false }));
  const { workers: levels } = meter.read(readStress({ workers, egress: false }));
  expect(levels.get(0)).toEqual({ level: 0, resource: null, levels: {} });
});
