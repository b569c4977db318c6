import { expect, setDefaultTimeout, test } from 'bun:test';
import { readOptions } from '../../bench/load/options.ts';
import type { LoadReport } from '../../bench/load/report.ts';
import { UsageError } from '../../scripts/machine/command-line.ts';
import { Program, projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';
import { startServer, testKey, testSecret, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

const command = [process.execPath, 'bench/load/run.ts'];

/** Runs the load tester as a user does. */
async function runLoad(args: readonly string[], environment: Record<string, string> = {}) {
  const options = { cwd: projectFolder, environment: { ...process.env, ...environment } };
  const { out: output, err: progress, exitCode: code } = await run([...command, ...args], options);
  return { output, progress, code };
}

test('rooms fill with publishers and subscribers, media reaches all of them, and nobody stays', async () => {
  await using server = await startServer(withKeys);
  const shape = ['--rooms', '2', '--publishers', '2', '--subscribers', '3', '--meeting'];
  const pace = ['--ramp', '1', '--duration', '2', '--audio', '32', '--video', '200'];
  const keys = { TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret };
  const { output, progress, code } = await runLoad(['--url', server.url, '--json', ...shape, ...pace], keys);
  expect({ code, progress }).toMatchObject({ code: 0 });
  expect(progress).toMatch(/\d+ of 10 peers, \d+ streams received, [\d.]+ [kMG]bit\/s, \d+ packets lost/);
  const report = JSON.parse(output) as LoadReport;
  expect(report).toMatchObject({ peers: { wanted: 10, joined: 10, lost: 0 }, failures: {} });
  // In each room both publishers' two tracks reach three subscribers and the other publisher.
  expect(report.streams).toEqual({ wanted: 32, received: 32 });
  expect(report.join?.median).toBeGreaterThan(0);
  expect(report.firstPacket?.most).toBeGreaterThanOrEqual(report.firstPacket?.median ?? Number.NaN);
  expect(report.packets.received).toBeGreaterThan(report.packets.sent);
  expect(report.loss).toBe(report.packets.lost / (report.packets.received + report.packets.lost));
  expect(report.bitrate.total).toBeGreaterThan(report.bitrate.perReceiver);
  expect(report.seconds).toBeGreaterThanOrEqual(2);
  expect(report.cpu.loadTester).toBeGreaterThan(0);
  await until(
    () => [...server.sfu.rooms.values()].every(({ peers }) => peers.size === 0),
    'the end of all peers',
  );
});

test('interrupted, it reports what there was in a table', async () => {
  await using server = await startServer();
  const args = ['--url', server.url, '--duration', '3600', '--ramp', '0', '--subscribers', '1'];
  await using tester = new Program({ command: [...command, ...args] });
  await tester.prints('2 of 2 peers, 2 streams received');
  process.kill(tester.process.pid, 'SIGINT');
  expect(await tester.process.exited).toBe(130);
  expect(tester.output).toMatch(/^peers +2 of 2 joined, 0 lost on the way$/m);
  expect(tester.output).toMatch(/^first packet +median \d+ ms, 95 % \d+ ms, longest \d+ ms$/m);
  expect(tester.output).toMatch(/^CPU of this tester +[\d.]+ % of a core$/m);
});

test('a server that cannot be reached fails the test and is named', async () => {
  const { output, code } = await runLoad(['--url', 'http://127.0.0.1:1', '--duration', '0.1', '--ramp', '0']);
  expect(code).toBe(1);
  expect(output).toMatch(/^peers +0 of 11 joined/m);
  expect(output).toMatch(/^failed +11 x could not connect to ws:\/\/127\.0\.0\.1:1$/m);
});

test.each([
  ['--rooms', 'many'],
  ['--duration', '0'],
  ['--url', 'example.org'],
  ['--peers', '3'],
])('%s %s is refused with what is wanted', (option, value) => {
  expect(() => readOptions([option, value], {})).toThrow(UsageError);
  expect(() => readOptions([option, value], {})).toThrow(new RegExp(option));
});

test('an audience receives, and what it is told does not grow with the room', async () => {
  await using server = await startServer();
  const shape = ['--audience', '--publishers', '1', '--subscribers', '6', '--ramp', '1', '--duration', '1'];
  const { output, progress, code } = await runLoad(['--url', server.url, '--json', ...shape]);
  expect({ code, progress }).toMatchObject({ code: 0 });
  const report = JSON.parse(output) as LoadReport;
  expect(report).toMatchObject({ peers: { joined: 7 }, streams: { wanted: 12, received: 12 } });
  expect(report.signaling.frames).toBeGreaterThan(3);
  expect(report.signaling.frames).toBeLessThan(30);
});

test('an audience that is not let in is told why, and the test ends', async () => {
  await using server = await startServer({ TUREEN_MAX_PEERS_PER_ROOM: '2' });
  const shape = ['--audience', '--publishers', '1', '--subscribers', '3', '--ramp', '1', '--duration', '1'];
  const { output, code } = await runLoad(['--url', server.url, '--json', ...shape]);
  expect(code).toBe(1);
  const { peers, failures } = JSON.parse(output) as LoadReport;
  expect(peers).toEqual({ wanted: 4, joined: 2, lost: 0 });
  const [[reason, count] = []] = Object.entries(failures);
  expect(reason).toStartWith('the server closed the connection: 4000 room_full: ');
  expect(count).toBe(2);
});
