/** `npm run load`: fills rooms of a server with peers and reports how it went. docs/load.md explains it. */
import { optionsOrExit } from '../../scripts/machine/command-line.ts';
import { LoadTest } from './load-test.ts';
import { readOptions, usage } from './options.ts';
import { formatReport, type LoadReport } from './report.ts';

/** Whether the server did what was asked of it: everybody joined, stayed, and received every stream. */
function succeeded({ peers, streams }: LoadReport): boolean {
  return peers.joined === peers.wanted && peers.lost === 0 && streams.received === streams.wanted;
}

const options = optionsOrExit({ name: 'load', usage, read: readOptions });
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
