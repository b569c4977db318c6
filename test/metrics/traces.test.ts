import { expect, test } from 'bun:test';
import { Traces } from '../../metrics/traces.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { SignalingEvents } from '../../src/signaling/events.ts';
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';
import { startServer } from '../support/server.ts';
import { enter } from '../support/world.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: { stringValue: string } }[];
  readonly status: { code?: number; message?: string };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A collector that takes what comes, or answers with this status. */
function startCollector(status = 200) {
  const requests: { path: string; authorization: string | null; body: OtlpRequest }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = (await request.json()) as OtlpRequest;
      const path = new URL(request.url).pathname;
      requests.push({ path, authorization: request.headers.get('authorization'), body });
      return new Response('{}', { status });
    },
  });
  const spans = () =>
    requests.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );
  return {
    requests,
    spans,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

test('every request of the signaling socket becomes a span at the collector, the last ones when the server ends', async () => {
  await using collector = startCollector();
  const server = await startServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret',
  });
  const { client } = await enter({ server, peerId: 'alice' });
  await client.ask('no such method').catch(() => {});
  await server.stop();
  expect(collector.requests[0]).toMatchObject({ path: '/v1/traces', authorization: 'Bearer secret' });
  const spans = collector.spans();
  expect(spans.map(({ name }) => name)).toEqual([
    'signaling getRouterRtpCapabilities',
    'signaling createWebRtcTransport',
    'signaling createWebRtcTransport',
    'signaling join',
    'signaling unknown',
  ]);
  for (const span of spans) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    const nanoseconds = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
    expect(nanoseconds >= 0n && nanoseconds < 30_000_000_000n).toBe(true);
    expect(Math.abs(Number(span.endTimeUnixNano) / 1e6 - Date.now())).toBeLessThan(60_000);
  }
  expect(spans.at(-1)?.status).toEqual({ code: 2, message: 'unknown_method' });
  expect(spans[0]?.attributes).toContainEqual({ key: 'tureen.peer.id', value: { stringValue: 'alice' } });
});

test('only with a collector is anything of tracing loaded', async () => {
  const script = `
    const { startServer } = await import('./test/support/server.ts');
    const server = await startServer(JSON.parse(process.argv.at(-1)));
    await server.stop();
    console.log(Object.keys(require.cache).some((path) => path.endsWith('metrics/traces.ts')));
    process.exit(0);
  `;
  const loads = async (environment: Record<string, string>) => {
    const command = [process.execPath, '-e', script, JSON.stringify(environment)];
    return (await run(command, { cwd: projectFolder })).out.trim();
  };
  expect(await loads({})).toBe('false');
  expect(await loads({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toBe('true');
});

test('a collector that is away or refuses is told of, and requests go on', async () => {
  await using collector = startCollector(503);
  for (const otlpEndpoint of [collector.url, 'http://127.0.0.1:9']) {
    const events = new EventBus<SignalingEvents>(silentLogger);
    const errors: unknown[] = [];
    const config = { otlpEndpoint, otlpHeaders: undefined, node: 'n1', region: 'ams' };
    const traces = new Traces({ events, config, version: 'test', onError: (error) => errors.push(error) });
    events.emit('requestHandled', { method: 'join', result: 'ok', duration: 3, roomId: 'r', peerId: 'p' });
    await traces.flush();
    expect(errors).toHaveLength(1);
    await traces.close();
  }
});

test('spans that wait for a collector are bounded', async () => {
  await using collector = startCollector();
  const events = new EventBus<SignalingEvents>(silentLogger);
  const config = { otlpEndpoint: collector.url, otlpHeaders: undefined, node: 'n1', region: undefined };
  const traces = new Traces({ events, config, version: 'test', onError: () => {} });
  for (let count = 0; count < 10_000; count += 1) {
    events.emit('requestHandled', { method: 'join', result: 'ok', duration: 3, roomId: 'r', peerId: 'p' });
  }
  await traces.close();
  expect(collector.spans()).toHaveLength(2048);
});
