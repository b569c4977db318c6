import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../../src/app/server.ts';
import { Program, projectFolder } from '../support/program.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { hearsSomething, pageTimeoutMs, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';

setDefaultTimeout(3 * pageTimeoutMs);

const held = useBrowser();
let server: Server;
let folder: string;
let film: string;
let scripts: string[];

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'tureen-ingest-'));
  film = join(folder, 'film.mp4');
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15'];
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440'];
  const encoded = ['-t', '5', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  const { exitCode, stderr } = Bun.spawnSync([
    'ffmpeg',
    ...['-v', 'error', '-nostdin'],
    ...picture,
    ...sound,
    ...encoded,
    film,
  ]);
  expect([exitCode, stderr.toString()]).toEqual([0, '']);
  const page = await Bun.file(join(projectFolder, 'docs', 'ingest.md')).text();
  scripts = [...page.matchAll(/```bash\n(.*?)```/gs)].map(([, code = '']) => code);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A program that brings media into a room, until it is told to stop. */
const play = (command: string[], environment: Record<string, string> = {}) =>
  new Program({
    command,
    environment: { SERVER: `http://127.0.0.1:${server.port}`, FILE: film, ...environment },
  });

/** Ends a program as Ctrl-C does: with all that it started. */
async function interrupt(program: Program): Promise<number> {
  if (program.process.exitCode === null) process.kill(-program.process.pid, 'SIGINT');
  return await program.process.exited;
}

const broadcast = (...args: string[]) =>
  play([process.execPath, 'scripts/broadcast.ts', '--server', `http://127.0.0.1:${server.port}`, ...args]);

/** Nobody but the viewer is in the room. */
async function empties(room: string): Promise<void> {
  await eventually(
    'an empty room',
    async () => server.sfu.rooms.get(room)?.peers.size ?? 0,
    (peers) => peers === 1,
  );
}

test('a film is played into a room by one line, seen and heard in a browser, and leaves with Ctrl-C', async () => {
  const page = await held.browser.open(server, { room: 'film', name: 'Viewer' });
  await using playing = broadcast('--room', 'film', '--loop', '--name', 'Matinee', film);
  await seesAndHears(page, 1);
  await hearsSomething(page);
  const [name] = [...server.sfu.room('film').peers.values()].map(({ displayName }) => displayName).slice(1);
  expect(name).toBe('Matinee');
  expect(await interrupt(playing)).toBe(0);
  await playing.prints('Playing "Matinee" into room "film"');
  await empties('film');
});

test('a broadcast that a moderator removes says so and ends', async () => {
  await held.browser.open(server, { room: 'removed', name: 'Viewer' });
  await using playing = broadcast('--room', 'removed', '--loop', '--id', 'film', '--codec', 'H264', film);
  await eventually(
    'the broadcast',
    async () => server.sfu.rooms.get('removed')?.peers.get('film')?.publications.size,
    (tracks) => tracks === 2,
  );
  const by = { kind: 'admin', id: 'root' } as const;
  void server.sfu.removePeer({ roomId: 'removed', peerId: 'film', reason: '', by });
  expect(await playing.process.exited).toBe(1);
  await playing.prints('the server ended the broadcast');
});

for (const [index, tool] of ['ffmpeg', 'GStreamer'].entries()) {
  test(`the script for ${tool} of the guide is seen and heard in a browser, and leaves nothing behind`, async () => {
    const script = join(folder, `${tool}.sh`);
    await Bun.write(script, scripts[index] ?? '');
    const page = await held.browser.open(server, { room: tool, name: 'Viewer' });
    await using playing = play(['bash', script], { ROOM: tool });
    await seesAndHears(page, 1);
    await hearsSomething(page);
    await interrupt(playing);
    await empties(tool);
  });
}
