import { type NodeStress, notStressed, type Stress, stressOf } from '../../core/stress.ts';

/** What the main thread of a process has had of the processor since it started, in milliseconds. */
export interface ProcessTime {
  readonly pid: number;
  /** Running. */
  readonly ran: number;
  /** Ready to run while others ran: the host has too little for all. */
  readonly waited: number;
}

/** Everything that stress is computed from, as found in one moment. What is undefined could not be read. */
export interface StressReading {
  /** Milliseconds, by a clock that never jumps. */
  readonly at: number;
  readonly loop: ProcessTime | undefined;
  /** The share of the files that it may open that the server has open. */
  readonly files: number | undefined;
  readonly workers: readonly {
    readonly index: number;
    readonly time: ProcessTime | undefined;
    readonly files: number | undefined;
  }[];
  /** Bytes that each network interface towards others has sent. */
  readonly sent: ReadonlyMap<string, number>;
}

export interface StressMeterOptions {
  /** What the host may send, in megabits a second; without, egress is no part of the stress. */
  readonly maxEgressMbps: number | undefined;
}

/**
 * What happened is forgotten with this time: long enough that the second in which a room fills says nothing, and short
 * enough that a host at its end is seen within ten seconds.
 */
const timeConstantMs = 5000;

/** A level that follows the readings slowly. */
interface Followed {
  /** Of the process that it is about: a new one starts from nothing. */
  readonly pid: number | undefined;
  readonly level: number;
}

/** Computes the stress of a node and its workers from one reading after the other. It reads nothing itself. */
export class StressMeter {
  #last: StressReading | undefined;
  #followed = new Map<string, Followed>();

  constructor(private readonly options: StressMeterOptions) {}

  /** @returns the stress at the time of the reading */
  read(reading: StressReading): NodeStress {
    const last = this.#last;
    this.#last = reading;
    const passed = last ? reading.at - last.at : 0;
    if (!last || passed <= 0) return notStressed;
    const weight = 1 - Math.exp(-passed / timeConstantMs);
    const before = this.#followed;
    this.#followed = new Map();
    const follow = (key: string, now: number | undefined, pid?: number) => {
      if (now === undefined) return undefined;
      const known = before.get(key);
      const from = known?.pid === pid ? (known?.level ?? 0) : 0;
      const level = from + (Math.min(1, now) - from) * weight;
      this.#followed.set(key, { pid, level });
      return level;
    };
    const workers = new Map<number, Stress>();
    for (const { index, time, files } of reading.workers) {
      const former = last.workers.find((worker) => worker.index === index)?.time;
      const cpu = follow(`worker ${index}`, busyShare(former, time, passed), time?.pid);
      workers.set(index, stressOf(withoutUnknown({ worker_cpu: cpu, worker_files: bounded(files) })));
    }
    return {
      ...stressOf(
        withoutUnknown({
          worker_cpu: mean([...workers.values()].map(({ levels }) => levels.worker_cpu)),
          worker_files: mean([...workers.values()].map(({ levels }) => levels.worker_files)),
          loop_cpu: follow('loop', busyShare(last.loop, reading.loop, passed), reading.loop?.pid),
          egress: follow('egress', this.#egressShare(last, reading, passed)),
          files: bounded(reading.files),
        }),
      ),
      workers,
    };
  }

  #egressShare(last: StressReading, { sent }: StressReading, passed: number): number | undefined {
    const { maxEgressMbps } = this.options;
    if (maxEgressMbps === undefined) return undefined;
    let bytes = 0;
    for (const [name, total] of sent) {
      // An interface that is new, or begins to count again, says nothing about this time.
      bytes += Math.max(0, total - (last.sent.get(name) ?? total));
    }
    return (bytes * 8) / (passed * 1000 * maxEgressMbps);
  }
}

/**
 * How much of the time in which it could run a thread ran. Time in which others had the processor counts for neither
 * side: a worker that gets half a core and never sleeps is at its end, and one with little to do on a busy host is not.
 */
function busyShare(
  before: ProcessTime | undefined,
  now: ProcessTime | undefined,
  passed: number,
): number | undefined {
  if (!now) return undefined;
  if (before?.pid !== now.pid) return 0;
  const ran = now.ran - before.ran;
  const slept = Math.max(0, passed - ran - (now.waited - before.waited));
  return ran > 0 ? ran / (ran + slept) : 0;
}

/** Of the workers as one: a single busy one leaves room on the others. */
function mean(levels: readonly (number | undefined)[]): number | undefined {
  const known = levels.filter((level) => level !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, level) => sum + level, 0) / known.length;
}

const bounded = (share: number | undefined) => (share === undefined ? undefined : Math.min(1, share));

function withoutUnknown(levels: Record<string, number | undefined>): Stress['levels'] {
  return Object.fromEntries(Object.entries(levels).filter(([, level]) => level !== undefined));
}
