import { expect, setDefaultTimeout, test } from 'bun:test';
import { mayMakeBadNetworks } from '../support/bad-network/bad-network.ts';
import { expectArithmetic, runBench } from './run-small.ts';

setDefaultTimeout(300_000);

test.if(mayMakeBadNetworks)('quality measures a named cell on both sides', async () => {
  const result = await runBench('quality', '--cells', 'down-cut-3');
  expectArithmetic(result, 'quality', { small: false });
  const frozen = result.figures.find(({ name }) => name === 'frozen');
  // Nothing came for three seconds, whatever the sides do.
  expect(frozen?.ours).toBeGreaterThan(2.5);
  expect(frozen?.reference).toBeGreaterThan(2.5);
});
