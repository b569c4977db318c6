import { changedRegions, joinRegions, type Region } from '../html/regions.ts';

/** Minimum time between two updates, and the share of the time that rendering for one page may take. */
const minGapMs = 250;
const renderShare = 0.1;
/** Proxies cut a silent stream, and a closed one is noticed only by writing to it. */
const heartbeatMs = 15_000;

export interface StreamOptions {
  /** Renders the page as it is now; undefined when the session has ended. */
  render: () => Promise<Region | undefined>;
  /** Calls the listener when something changed. @returns a function that stops it */
  onChange: (listener: () => void) => () => void;
  signal: AbortSignal;
  onEnd: () => void;
}

/**
 * Server-sent events with the regions of a page that changed. An update is rendered only when the browser has taken the
 * last one, so that a slow page gets fewer updates and delays nobody.
 */
export function liveStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const { render, onChange, signal, onEnd } = options;
  let shown: Region | undefined;
  let readyAt = 0;
  let wake: () => void = () => {};
  let endPause: () => void = () => {};
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
    endPause();
  };
  signal.addEventListener('abort', end);
  const next = async (): Promise<string | undefined> => {
    while (!ended) {
      await pause(readyAt - performance.now(), (resolve) => {
        endPause = resolve;
      });
      const listen = (resolve: () => void) => {
        wake = resolve;
      };
      const changed = dirty || (await changeOrHeartbeat(listen));
      if (ended) return undefined;
      if (!changed) return ':\n\n';
      dirty = false;
      const startedAt = performance.now();
      const now = await render();
      readyAt = performance.now() + Math.max(minGapMs, (performance.now() - startedAt) / renderShare);
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
function changeOrHeartbeat(listen: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), heartbeatMs);
    listen(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function pause(milliseconds: number, onStart: (end: () => void) => void): Promise<void> {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    onStart(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** An update of one region. The outermost one is the page's whole content. */
function partial(region: Region): string {
  const id = region.id || 'content';
  const swap = region.id ? 'outerMorph' : 'innerMorph';
  return `<hx-partial hx-target="#${id}" hx-swap="${swap}">${joinRegions(region)}</hx-partial>`;
}

/** One event: each line of the text is a data line of its own (HTML Standard, server-sent events). */
function message(text: string): string {
  return `data: ${text.replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;
}
