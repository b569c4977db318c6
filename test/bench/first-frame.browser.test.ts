import { expect, setDefaultTimeout, test } from 'bun:test';
import { expectArithmetic, runSmall } from './run-small.ts';

setDefaultTimeout(300_000);

test('first-frame runs small, and nobody sees a frame sooner than the network lets them', async () => {
  const result = await runSmall('first-frame');
  expectArithmetic(result, 'first-frame');
  // From the open socket the reference waits for five answers before media is on its way, ours for one.
  expect(result.reference).toBeGreaterThan(500);
  expect(result.ours).toBeGreaterThan(100);
});
