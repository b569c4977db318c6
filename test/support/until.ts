interface Poll<T> {
  /** What is waited for, as the error names it. */
  readonly what: string;
  readonly read: () => T | Promise<T>;
  readonly holds: (value: T) => boolean;
  /** Milliseconds that it may take. */
  readonly timeoutMs: number;
  /** Milliseconds between two readings. */
  readonly restMs: number;
}

/** Waits until a condition holds. @throws Error when it does not hold within `timeoutMs` */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  timeoutMs = 30_000,
): Promise<void> {
  await poll({ what, read: condition, holds: (value) => value, timeoutMs, restMs: 5 });
}

/**
 * Waits until what is read satisfies, for what takes long to read or to come about, such as the state of a page.
 * @returns the reading that satisfied
 * @throws Error with the last reading when none satisfies within a minute
 */
export async function eventually<T>(
  what: string,
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  return await poll({ what, read, holds, timeoutMs: 60_000, restMs: 100 });
}

async function poll<T>({ what, read, holds, timeoutMs, restMs }: Poll<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) {
      throw new Error(
        `${what} did not come about within ${timeoutMs} ms; last seen: ${JSON.stringify(value)}`,
      );
    }
    await Bun.sleep(restMs);
  }
}
