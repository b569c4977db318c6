/** The clients of `npm run soak`: a process that lets guests of every kind come, act and vanish. */

import { loadOptions } from './load-process.ts';
import { Churn, type ChurnReport } from './soak/churn.ts';

export interface SoakLoadOptions {
  readonly port: number;
  readonly seed: number;
  readonly key: string;
  /** Things that clients do in a second. */
  readonly rate: number;
}

/** What the soak asks for, a line each; every one is answered with a report. */
export type SoakRequest = 'hold' | 'empty' | 'go' | 'worker-died';

const churn = new Churn(loadOptions<SoakLoadOptions>());
// WebRTC in JavaScript sends on when its server's socket is gone, and does not handle what the system says to that.
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.code === 'ECONNREFUSED' || error.message.includes('ECONNREFUSED')) return;
  console.error(error);
  process.exit(1);
});

const tell = (report: ChurnReport) => console.log(JSON.stringify(report));

async function main(): Promise<void> {
  tell(churn.report());
  for await (const line of console) {
    const request = line as SoakRequest;
    if (request === 'worker-died') churn.mediaLost();
    else if (request === 'go') churn.go();
    else if (request === 'hold') await churn.hold();
    else await churn.empty();
    tell(churn.report());
  }
}

await main();
