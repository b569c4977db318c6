import type { Subprocess } from 'bun';

const running = new Set<Subprocess>();
let watching = false;

/** Signals that end a benchmark from outside. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface ChildOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  stdin?: 'ignore' | 'pipe';
  stdout?: 'pipe' | 'inherit' | Bun.BunFile;
  stderr?: 'inherit' | Bun.BunFile;
  /** Runs it in a separate session, which Linux schedules separately (sched_autogroup). */
  detached?: boolean;
}

/**
 * Starts a program that ends with the benchmark, however the benchmark ends. Only what was started here is ever
 * ended, each by its own process id.
 */
export function spawnChild(command: readonly string[], options: ChildOptions): Subprocess {
  watchSignals();
  const child = Bun.spawn([...command], { stdin: 'ignore', ...options });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  return child;
}

/** Asks a program to stop, and kills it after the timeout. */
export async function stopChild(child: Subprocess, timeoutMs = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killTimer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await child.exited;
  clearTimeout(killTimer);
}

/** Kills all children that still run. */
export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running].map((child) => stopChild(child)));
}

function watchSignals(): void {
  if (watching) return;
  watching = true;
  for (const signal of signals) {
    process.once(signal, () => {
      void stopAllChildren().then(() => process.exit(130));
    });
  }
  // After an uncaught exception there is no time for a clean stop.
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}
