import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly minutes: number;
  /** Seconds of churn before each checkpoint. */
  readonly every: number;
  /** Things that clients do in a second. */
  readonly rate: number;
}

/** Growth is seen from the checkpoints of the warm-up to the last ones; there are so many in any case. */
export const fewestCheckpoints = 4;

export const usage = `Usage: npm run soak [options]

Starts a server, lets clients of every kind come, act and vanish, and fails when something stays or grows.

  --minutes N      how long                                    60
  --every SECONDS  churn between two checkpoints               60
  --rate N         things that clients do in a second          10`;

/** Thrown for a command line that makes no sense; its message says what to do. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): SoakOptions {
  const values = parse(args);
  return {
    minutes: number('minutes', values.minutes, [0.1, 100_000]),
    every: number('every', values.every, [1, 3600]),
    rate: number('rate', values.rate, [0.1, 1000]),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '60' },
        every: { type: 'string', default: '60' },
        rate: { type: 'string', default: '10' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function number(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new UsageError(`--${name}: got ${text}, wants a number from ${least} to ${most}`);
}
