import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { SignalingBus } from '../../src/signaling/events.ts';
import { server } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import type { CounterSeries, HistogramSeries } from '../series.ts';

/** The close code of a frame that is larger than the server takes (RFC 6455, section 7.4.1). */
const tooLarge = 1009;

interface MethodSeries {
  readonly ok: CounterSeries;
  readonly time: HistogramSeries;
}

/** Messages and sockets of clients. */
export function followSignaling(page: Page, events: SignalingBus): void {
  let sockets = 0;
  // A message of a client costs a few microseconds in all, so the series are looked up once and kept.
  const known = new Map<string, MethodSeries>();
  events.on('requestHandled', ({ method, result, duration }) => {
    // Names that the protocol does not have are the client's own, without bound.
    const name = result === 'unknown_method' ? 'unknown' : method;
    let series = known.get(name);
    if (series === undefined) {
      series = seriesOf(page, name);
      known.set(name, series);
    }
    if (result === 'ok') series.ok.add(1);
    else page.add(server.requests, 1, { method: name, result: courseOf(result) });
    series.time.observe(duration / 1000);
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

function seriesOf(page: Page, method: string): MethodSeries {
  return {
    ok: page.counterSeries(server.requests, { method, result: 'ok' }),
    time: page.histogramSeries(server.requestDuration, { method }),
  };
}

function courseOf(result: string): 'ok' | 'refused' | 'failed' {
  if (result === 'ok') return 'ok';
  const { status } = errorCodes[result as ErrorCode] ?? errorCodes.internal;
  return status < 500 ? 'refused' : 'failed';
}
