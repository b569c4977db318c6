/** `npm run broadcast`: plays a file into a room. docs/ingest.md explains it. */
import { runTask } from '../machine/console.ts';
import { broadcast } from './broadcast.ts';
import type { Progress, Source } from './ffmpeg.ts';
import { readOptions, usage } from './options.ts';

/** Prints progress: on a terminal in one line that is rewritten, elsewhere, for a log, a line every ten seconds. */
function progressPrinter(): BroadcastPrinter {
  const rewrites = process.stderr.isTTY;
  let printed = Number.NEGATIVE_INFINITY;
  return {
    print({ position, framesPerSecond }, { duration, video }) {
      if (!rewrites && position - printed < 10) return;
      printed = position;
      const of = duration === undefined ? '' : ` of ${clock(duration)}`;
      const line = `${clock(position)}${of}${video ? `, ${Math.round(framesPerSecond)} frames a second` : ''}`;
      process.stderr.write(rewrites ? `\r${line.padEnd(60)}` : `${line}\n`);
    },
    end: () => rewrites && process.stderr.write('\n'),
  };
}

interface BroadcastPrinter {
  print(progress: Progress, source: Source): void;
  end(): unknown;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60), whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

await runTask(async () => {
  const options = readOptions(process.argv.slice(2), process.env);
  if (!options) return console.log(usage);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const printer = progressPrinter();
  const { roomId, server, displayName } = options;
  const onStart = () =>
    console.error(`Playing "${displayName}" into room "${roomId}" at ${server}. Ctrl-C ends it.`);
  try {
    await broadcast(options, { onStart, onProgress: printer.print, signal: stopping.signal });
  } finally {
    printer.end();
  }
});
// A request that still waits for the server must not keep a finished broadcast running.
process.exit(0);
