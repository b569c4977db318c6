/**
 * A failure that the user can fix. Its message says what is wrong, what was expected and what to do, so it is printed
 * without a stack trace.
 */
export class SetupError extends Error {
  override name = 'SetupError';
}

/** Prints a line about what the set-up does, to standard error, since standard output is the command's. */
export function say(line: string): void {
  process.stderr.write(`tureen: ${line}\n`);
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a task of scripts/. A SetupError ends it with the message and exit code 1; other errors keep their trace. */
export async function runTask(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }

    say(error.message);
    process.exit(1);
  }
}
