/** `npm run load`: fills rooms of a server with peers and reports how it went. docs/load.md explains it. */
import { LoadTest } from './load-test.ts';
import { type LoadOptions, readOptions, UsageError, usage } from './options.ts';
import { formatReport, type LoadReport } from './report.ts';

function optionsOrExit(): LoadOptions {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options) return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    console.error('`npm run load -- --help` shows all options.');
    process.exit(2);
  }
}

/** Whether the server did what was asked of it: everybody joined, stayed, and received every stream. */
function succeeded({ peers, streams }: LoadReport): boolean {
  return peers.joined === peers.wanted && peers.lost === 0 && streams.received === streams.wanted;
}

const options = optionsOrExit();
const test = new LoadTest(options, (line) => console.error(line));
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    console.error('ending; once more to end at once');
    test.end();
  });
}
const report = await test.run();
console.log(options.json ? JSON.stringify(report) : formatReport(report));
process.exit(interrupted ? 130 : succeeded(report) ? 0 : 1);
