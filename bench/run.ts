/** `npm run bench -- NAME [--small] [--runs N] [--cells NAME,NAME]`: the last line printed is the result as one JSON object. */
import { parseArgs } from 'node:util';
import { benchmarks } from './benchmarks.ts';
import { interleave } from './harness/benchmark.ts';
import { stopAllChildren } from './harness/children.ts';
import { summarize } from './harness/result.ts';

const say = (line: string) => console.error(line);

function usage(): string {
  const lines = benchmarks.map(({ name, doc }) => `  ${name.padEnd(12)} ${doc}`);
  return ['Usage: npm run bench -- NAME [--small] [--runs N]', '', ...lines].join('\n');
}

function readArguments() {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      small: { type: 'boolean', default: false },
      runs: { type: 'string' },
      // Of `quality`: those that are to run.
      cells: { type: 'string' },
    },
  });
  const benchmark = benchmarks.find(({ name }) => name === positionals[0]);
  const wanted = values.runs === undefined ? undefined : Number(values.runs);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0)) {
    throw new Error(`--runs: got ${values.runs}, wants a whole number above 0`);
  }
  const scale = { small: values.small, cells: values.cells?.split(',') };
  return { benchmark, scale, runs: wanted ?? (values.small ? 1 : benchmark?.runs) ?? 1 };
}

/** @returns the exit code */
async function main(): Promise<number> {
  const { benchmark, scale, runs } = readArguments();
  if (!benchmark) {
    say(usage());
    return 2;
  }
  const results = await interleave(benchmark, { runs, scale, say });
  console.log(JSON.stringify(summarize(benchmark.name, benchmark.figures, results, scale.small)));
  return 0;
}

let exitCode = 1;
try {
  exitCode = await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await stopAllChildren();
}
process.exit(exitCode);
