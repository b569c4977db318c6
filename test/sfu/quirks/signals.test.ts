import { expect, test } from 'bun:test';
import { keepFromSignals } from '../../../src/sfu/quirks/signals.ts';
import { RealWorker } from './real-worker.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** What listens to signals of this process besides what did before. */
function listenersSince(before: readonly unknown[]) {
  return signals.flatMap((name) => process.listeners(name)).filter((listener) => !before.includes(listener));
}

test('mediasoup still installs signal listeners that close its workers', async () => {
  const before = signals.flatMap((name) => process.listeners(name));
  using real = await RealWorker.start();
  const [listener, ...others] = listenersSince(before);
  expect(others).toEqual([listener as (typeof others)[number]]);
  listener?.('SIGTERM');
  expect(real.worker.closed).toBe(true);
});

test('a worker that is kept from signals leaves no listener behind', async () => {
  const before = signals.flatMap((name) => process.listeners(name));
  using real = await RealWorker.start();
  keepFromSignals(real.worker);
  expect(listenersSince(before)).toEqual([]);
  expect(real.worker.closed).toBe(false);
});

test('the process of a worker still ends on a signal, so it needs a session of its own', async () => {
  using real = await RealWorker.start();
  const died = new Promise((resolve) => void real.worker.once('died', resolve));
  process.kill(real.worker.pid, 'SIGTERM');
  await died;
});
