/** `npm run soak`: keeps a server under churn and fails when something stays or grows. docs/load.md explains it. */
import { stopAllChildren } from '../harness/children.ts';
import { readOptions, type SoakOptions, UsageError } from './options.ts';
import { Soak } from './soak.ts';

function optionsOrExit(): SoakOptions {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

/** @returns the faults */
async function run(options: SoakOptions): Promise<readonly string[]> {
  const soak = await Soak.start(options, (line) => console.log(line));
  try {
    await soak.run();
  } finally {
    await soak[Symbol.asyncDispose]();
    // What its end brought about.
    soak.tellFaults();
  }
  return soak.faults;
}

let exitCode = 1;
try {
  const faults = await run(optionsOrExit());
  console.log(
    faults.length === 0 ? 'nothing stayed and nothing grew' : `${faults.length} faults, told above`,
  );
  exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await stopAllChildren();
}
process.exit(exitCode);
