/** The attacks of the benchmark `neighbour`: a process that does one of them until it is told to stop. */
import { type AttackOptions, attacks } from '../neighbour/attacks.ts';
import { loadOptions } from './load-process.ts';

/** What it was answered, by the answer. */
export type AttackReport = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  const options = loadOptions<AttackOptions>();
  const attack = await attacks[options.name](options);
  console.log(JSON.stringify({ ready: true }));
  for await (const _stop of console) break;
  console.log(JSON.stringify(attack.end()));
  process.exit(0);
}

await main();
