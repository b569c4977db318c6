/** The canary's program; `usage` says what it does. */
import { mintToken } from '../../src/access/tokens.ts';
import { optionsOrExit } from '../machine/command-line.ts';
import { CallError, type CallResult, call } from './call.ts';
import { Exporter } from './exporter.ts';
import { readOptions, usage } from './options.ts';

/** A call takes less. */
const tokenSeconds = 300;

/** Each call has a room of its own: what is left of one that broke off must not disturb the next. */
async function callOnce(url: string): Promise<CallResult | CallError> {
  const roomId = `${options.roomPrefix}-${crypto.randomUUID().slice(0, 8)}`;
  const token = (peerId: string) => {
    const { signing } = options;
    if (!signing) return undefined;
    return mintToken({ ...signing, roomId, peerId, lifetime: tokenSeconds, now: Date.now() });
  };
  try {
    return await call({ url, roomId, token, seconds: options.seconds });
  } catch (error) {
    return error instanceof CallError ? error : new CallError('join', error);
  }
}

/** Calls every server. @returns whether all calls went as they should */
async function round(told: (url: string, result: CallResult | CallError) => void): Promise<boolean> {
  let isFine = true;
  for (const url of options.urls) {
    const result = await callOnce(url);
    isFine &&= !(result instanceof CallError);
    told(url, result);
  }
  return isFine;
}

const options = optionsOrExit({ name: 'canary', usage, read: readOptions });
// A socket towards a server that has just ended may say so when nobody listens to it any more; the call has failed by then.
process.on('uncaughtException', (error) => console.error(`canary: ${error.message}`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));

if (options.listen === undefined) {
  const isFine = await round((url, result) =>
    console.log(
      JSON.stringify(result instanceof CallError ? { url, failed: result.message } : { url, ...result }),
    ),
  );
  process.exit(isFine ? 0 : 1);
}

const exporter = new Exporter(options.urls);
const server = Bun.serve({
  ...options.listen,
  routes: {
    '/metrics': async () =>
      new Response(await exporter.text(), { headers: { 'content-type': 'text/plain; version=0.0.4' } }),
  },
  fetch: () => new Response('there is nothing here but /metrics\n', { status: 404 }),
});
console.error(`canary: metrics at http://${server.hostname}:${server.port}/metrics`);
for (;;) {
  const startedAt = performance.now();
  await round((url, result) => {
    if (!(result instanceof CallError)) return exporter.succeeded(url, result, Date.now());
    console.error(`canary: ${url}: ${result.message}`);
    exporter.failed(url, result, Date.now());
  });
  await Bun.sleep(Math.max(0, options.every * 1000 - (performance.now() - startedAt)));
}
