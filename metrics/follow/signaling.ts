import { type ErrorCode, errorCodes } from '../../src/errors.ts';
import type { EventBus } from '../../src/sfu/events.ts';
import { server } from '../definitions/index.ts';
import type { CounterSeries, HistogramSeries, Page } from '../page.ts';

/** The close code of a frame that is larger than the server takes (RFC 6455, section 7.4.1). */
const tooLarge = 1009;

/** Messages and sockets of clients. */
export function followSignaling(page: Page, events: EventBus): void {
  let sockets = 0;
  // A message of a client costs a few microseconds in all, so the series are looked up once and kept.
  const counted = new Map<string, CounterSeries>();
  const timed = new Map<string, HistogramSeries>();
  events.on('requestHandled', ({ method, result, duration }) => {
    const key = `${method} ${result}`;
    // Names that the protocol does not have are the client's own, without bound.
    const name = result === 'unknown_method' ? 'unknown' : method;
    const count =
      counted.get(key) ?? page.counterSeries(server.requests, { method: name, result: courseOf(result) });
    const time = timed.get(name) ?? page.histogramSeries(server.requestDuration, { method: name });
    if (result !== 'unknown_method') counted.set(key, count);
    timed.set(name, time);
    count.add(1);
    time(duration / 1000);
  });
  events.on('socketOpened', () => {
    sockets += 1;
    page.set(server.sockets, sockets);
  });
  events.on('socketClosed', ({ code }) => {
    sockets -= 1;
    page.set(server.sockets, sockets);
    if (code === tooLarge) page.add(server.socketDrops, 1, { reason: 'size' });
  });
  events.on('socketDropped', ({ cause }) => page.add(server.socketDrops, 1, { reason: cause }));
}

function courseOf(result: string): 'ok' | 'refused' | 'failed' {
  if (result === 'ok') return 'ok';
  const { status } = errorCodes[result as ErrorCode] ?? errorCodes.internal;
  return status < 500 ? 'refused' : 'failed';
}
