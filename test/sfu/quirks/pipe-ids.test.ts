import { expect, test } from 'bun:test';
import { keepsId } from '../../../src/sfu/quirks/pipe-ids.ts';
import { microphone, opus, RealWorker } from './real-worker.ts';

test('a worker still takes the id of a producer only once', async () => {
  using real = await RealWorker.start();
  const [from, to] = [await real.router(opus), await real.router(opus)];
  const { id: producerId } = await microphone(from);
  await expect(from.pipeToRouter({ producerId, router: to })).rejects.toThrow('already exists');
});

test('a producer is piped inside one worker under an id of its own', async () => {
  using real = await RealWorker.start();
  const [from, to] = [await real.router(opus), await real.router(opus)];
  const { id: producerId } = await microphone(from);
  const keepId = keepsId({ live: real }, { live: real });
  const { pipeProducer } = await from.pipeToRouter({ producerId, router: to, keepId });
  expect(pipeProducer?.id).toBeString();
  expect(pipeProducer?.id).not.toBe(producerId);
});
