import { changedRegions, joinRegions, type Region } from '../html/regions.ts';

/** The least time between two updates, and how much of the time rendering for one page may take. */
const leastGap = 250;
const renderShare = 0.1;
/** A silent stream is cut by proxies, and a closed one is noticed by writing. */
const heartbeat = 15_000;

export interface StreamOptions {
  /** Renders the page as it is now; undefined when the session has ended. */
  render: () => Promise<Region | undefined>;
  /** Calls when something changed. @returns a function that ends it */
  onChange: (listener: () => void) => () => void;
  signal: AbortSignal;
  onEnd: () => void;
}

/**
 * Server-sent events with the parts of a page that changed. The next update is made only when the last one was taken,
 * so that a slow page gets fewer of them, and delays nobody.
 */
export function liveStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const { render, onChange, signal, onEnd } = options;
  let shown: Region | undefined;
  let readyAt = 0;
  let wake: () => void = () => {};
  let hurry: () => void = () => {};
  let dirty = true;
  let ended = false;
  const stop = onChange(() => {
    dirty = true;
    wake();
  });
  const end = () => {
    if (ended) return;
    ended = true;
    stop();
    onEnd();
    wake();
    hurry();
  };
  signal.addEventListener('abort', end);
  const next = async (): Promise<string | undefined> => {
    while (!ended) {
      await pause(readyAt - performance.now(), (resolve) => {
        hurry = resolve;
      });
      const listen = (resolve: () => void) => {
        wake = resolve;
      };
      const changed = dirty || (await woken(listen));
      if (ended) return undefined;
      if (!changed) return ':\n\n';
      dirty = false;
      const startedAt = performance.now();
      const now = await render();
      readyAt = performance.now() + Math.max(leastGap, (performance.now() - startedAt) / renderShare);
      if (!now) return undefined;
      // Something may have changed between the page and its stream: the first update is the whole content.
      const text = shown ? changedRegions(shown, now).map(partial).join('') : partial(now);
      shown = now;
      if (text !== '') return message(text);
    }
    return undefined;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        const text = await next().catch(() => undefined);
        if (text !== undefined) return controller.enqueue(new TextEncoder().encode(text));
        end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** Resolves with true when something changed, with false when it is time for a heartbeat. */
function woken(listen: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), heartbeat);
    listen(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function pause(milliseconds: number, orWhen: (resolve: () => void) => void): Promise<void> {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    orWhen(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The outermost region is the page's content as a whole. */
function partial(region: Region): string {
  const id = region.id || 'content';
  const swap = region.id ? 'outerMorph' : 'innerMorph';
  return `<hx-partial hx-target="#${id}" hx-swap="${swap}">${joinRegions(region)}</hx-partial>`;
}

/** Each line of the text is a data line of its own (HTML Standard, server-sent events). */
function message(text: string): string {
  return `data: ${text.replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;
}
