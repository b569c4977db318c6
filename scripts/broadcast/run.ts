/** `bun run broadcast`: plays a file into a room. docs/ingest.md explains it. */
import { runTask } from '../machine/console.ts';
import { broadcast } from './broadcast.ts';
import type { Progress, Source } from './ffmpeg.ts';
import { readOptions, usage } from './options.ts';

/** On a terminal one line that changes; elsewhere a line every ten seconds, so that a log stays readable. */
function progressPrinter(): BroadcastPrinter {
  const lively = process.stderr.isTTY;
  let printed = Number.NEGATIVE_INFINITY;
  return {
    print({ position, framesPerSecond }, { duration, video }) {
      if (!lively && position - printed < 10) return;
      printed = position;
      const of = duration === undefined ? '' : ` of ${clock(duration)}`;
      const line = `${clock(position)}${of}${video ? `, ${Math.round(framesPerSecond)} frames a second` : ''}`;
      process.stderr.write(lively ? `\r${line.padEnd(60)}` : `${line}\n`);
    },
    end: () => lively && process.stderr.write('\n'),
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
// Whatever still waits for an answer of the server must not keep a finished broadcast alive.
process.exit(0);
