import type { Subprocess } from 'bun';

const running = new Set<Subprocess>();
let watching = false;

/** Programs with which a benchmark is ended from outside. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface ChildOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  stdin?: 'ignore' | 'pipe';
  stdout?: 'pipe' | 'inherit' | Bun.BunFile;
  stderr?: 'inherit' | Bun.BunFile;
  /** In a session of its own, which Linux schedules apart from the others (sched_autogroup). */
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

/** Asks a program to end, and after a while makes it. */
export async function stopChild(child: Subprocess, patience = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), patience);
  await child.exited;
  clearTimeout(impatient);
}

/** Ends everything that still runs. */
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
  // An exception that nothing caught leaves no time for patience.
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}
