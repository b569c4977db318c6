/**
 * An end of the set-up that its user can do something about. Its message says what is wrong, what was expected and
 * what to do, so it is shown alone; a stack trace would only hide it.
 */
export class SetupError extends Error {
  override name = 'SetupError';
}

/** Tells the user what the set-up does. Standard output belongs to the command itself. */
export function say(line: string): void {
  process.stderr.write(`tureen: ${line}\n`);
}

/** The text of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a task of scripts/ to its end: a SetupError becomes its message and exit code 1, a defect keeps its trace. */
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
