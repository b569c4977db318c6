import type { Region } from '../html/regions.ts';
import type { LiveView } from './live-views.ts';

/** Proxies and the server itself cut a silent stream, and a closed one is noticed only by writing to it. */
const defaultHeartbeatMs = 15_000;
/** How long a browser waits before it opens a stream again that has ended. */
const retryMs = 1000;

export interface StreamOptions {
  readonly view: LiveView;
  /** Whether the viewer is still logged in and may see it. */
  readonly allowed: () => boolean;
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
  /** The longest silence, in milliseconds. */
  readonly heartbeatMs?: number;
}

/**
 * Server-sent events with the regions of a page that changed. The next update is asked for only when the browser has
 * taken the last one, so that a slow page gets fewer updates and delays nobody.
 */
export function liveStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const { view, allowed, signal, onEnd, heartbeatMs = defaultHeartbeatMs } = options;
  let shown: Region | undefined;
  let ended = false;
  let wake: () => void = () => {};
  const stop = view.onChange(() => wake());
  const end = () => {
    if (ended) return;
    ended = true;
    stop();
    onEnd();
    wake();
  };
  signal.addEventListener('abort', end);
  const changeWithin = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const next = async (): Promise<string | undefined> => {
    // Most changes are none on this page, so a heartbeat waits for no pause between them.
    const heartbeatAt = performance.now() + heartbeatMs;
    while (!ended) {
      const left = heartbeatAt - performance.now();
      if (left <= 0) return ':\n\n';
      if (!view.isNewTo(shown)) {
        await changeWithin(left);
        continue;
      }
      const update = allowed() ? await view.update(shown) : undefined;
      // The session may have ended while this waited for its turn.
      if (ended || !update || !allowed()) return undefined;
      // Something may have changed between the page and its stream: the first update is the whole content.
      const first = shown === undefined ? `retry: ${retryMs}\n` : '';
      shown = update.region;
      if (update.html !== '') return first + message(update.html);
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

/** One event: each line of the text is a data line of its own (HTML Standard, server-sent events). */
function message(text: string): string {
  return `data: ${text.replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;
}
