/** The share of the time that rendering for all live pages together may take. */
const renderShare = 0.1;
/** After this long the next one has its turn, and what was to be rendered has failed: it waits for something that does not come. */
const timeoutMs = 2000;
/** The longest pause after a render. */
const maxPauseMs = 2000;

/**
 * Renders for live pages, one after the other and with pauses in between. However many pages are open, and of however
 * many viewers, they leave nine tenths of the event loop to the calls.
 */
export class RenderQueue {
  #last: Promise<void> = Promise.resolve();

  /** @throws Error when it takes longer than two seconds; also whatever `render` throws */
  run<T>(render: () => Promise<T>): Promise<T> {
    let startedAt = 0;
    const result = this.#last.then(() => {
      startedAt = performance.now();
      return inTime(render());
    });
    const rest = () => pause(Math.min(maxPauseMs, (performance.now() - startedAt) / renderShare));
    this.#last = result.then(rest, rest);
    return result;
  }
}

/** @throws Error when it takes longer than two seconds; also what `work` rejects with */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`a live page was not rendered within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does not keep the process running. */
export function pause(milliseconds: number): Promise<void> {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
