import { expect, setDefaultTimeout, test } from 'bun:test';
import { readOptions } from '../../scripts/canary/options.ts';
import { UsageError } from '../../scripts/machine/command-line.ts';
import { sumOf } from '../metrics/support.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { startServer, testKey, testSecret, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';

setDefaultTimeout(120_000);

test('the canary calls a server again and again, measures its calls, and says when they fail', async () => {
  const port = freePort();
  const server = await startServer(withKeys);
  const target = `http://127.0.0.1:${server.port}/`;
  const address = `127.0.0.1:${port}`;
  await using canary = new Program({
    command: [
      ...[process.execPath, 'scripts/canary.ts', '--url', target, '--listen', address],
      ...['--every', '1', '--seconds', '1'],
    ],
    environment: { TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret },
  });
  const page = async () => {
    const answer = await fetch(`http://${address}/metrics`).catch(() => undefined);
    return (await answer?.text()) ?? '';
  };
  const calls = (text: string, result: string) => sumOf(text, 'tureen_canary_calls_total', { result });
  try {
    const text = await eventually('two calls', page, (now) => calls(now, 'ok') >= 2);
    expect(sumOf(text, 'tureen_canary_success', { target })).toBe(1);
    for (const name of ['tureen_canary_join_seconds', 'tureen_canary_first_packet_seconds'])
      expect(sumOf(text, name, { target }), name).toBeWithin(0.001, 15);
    const latency = (quantile: string) => sumOf(text, 'tureen_canary_latency_seconds', { quantile });
    expect(latency('0.5')).toBeWithin(0.00001, 5);
    expect(latency('0.95')).toBeGreaterThanOrEqual(latency('0.5'));
    // Nothing gets lost on this machine, but a busy one may be late with some.
    expect(sumOf(text, 'tureen_canary_loss_ratio', { target })).toBeWithin(0, 0.5);
    // Two at most are there, however many calls it has made.
    const { connected, joined } = server.sfu.read.counts();
    expect(connected + joined).toBeLessThanOrEqual(2);
  } finally {
    await server.stop();
  }
  const after = await eventually('a call that fails', page, (now) => calls(now, 'join') >= 1);
  expect(sumOf(after, 'tureen_canary_success', { target })).toBe(0);
  expect(after).not.toContain('tureen_canary_join_seconds{');
  expect(canary.output).toContain(`canary: ${target}: join: `);
});

test('a round by itself prints what it found, and its exit code says whether it went well', async () => {
  await using server = await startServer();
  const nobody = `http://127.0.0.1:${freePort()}/`;
  const command = [process.execPath, 'scripts/canary.ts', '--once', '--seconds', '1'];
  const environment = { TUREEN_API_KEY: undefined, TUREEN_API_SECRET: undefined };
  const once = async (...urls: string[]) => {
    const options = urls.flatMap((url) => ['--url', url]);
    await using program = new Program({ command: [...command, ...options], environment });
    return { exitCode: await program.process.exited, output: () => program.output };
  };
  const fine = await once(`http://127.0.0.1:${server.port}`);
  expect(fine.exitCode).toBe(0);
  const found = await eventually('what it found', fine.output, (output) => output.includes('}\n'));
  expect(JSON.parse(found)).toMatchObject({
    join: expect.any(Number),
    latency: { median: expect.any(Number) },
  });
  expect((await once(nobody)).exitCode).toBe(1);
});

test('a command line that makes no sense is refused with what is wanted', () => {
  const wrong =
    (...args: string[]) =>
    () =>
      readOptions(args, {});
  expect(wrong()).toThrow(UsageError);
  expect(wrong('--url', 'edge')).toThrow('wants an address such as https://edge.example.com');
  expect(wrong('--url', 'https://a', '--every', '0')).toThrow('wants seconds from 1 to 3600');
  expect(wrong('--url', 'https://a', '--listen', '9477')).toThrow('wants HOST:PORT');
  expect(wrong('--url', 'https://a', '--token-key', 'k')).toThrow('belong together');
  expect(readOptions(['--help'], {})).toBeUndefined();
});
