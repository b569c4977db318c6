import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '../../src/store/users.ts';
import { bareEnvironment } from '../support/bare-host.ts';
import { Program, projectFolder } from '../support/program.ts';
import { password, select } from './support.ts';

setDefaultTimeout(240_000);

/** Far from the project, so that nothing is found by chance. */
let folder: string;
let executable: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-panels-'));
  executable = join(folder, 'tureen');
  const built = Bun.spawnSync([process.execPath, 'scripts/build.ts', '--outfile', executable], {
    cwd: projectFolder,
  });
  if (built.exitCode !== 0) throw new Error(built.stderr.toString());
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What the page of the example panel shows to an admin who logs in over HTTP. */
async function talkersOf({ port }: Program): Promise<string[]> {
  const base = `http://127.0.0.1:${port}/admin`;
  const body = new URLSearchParams({ name: 'ops', password });
  const entered = await fetch(`${base}/login`, { method: 'POST', redirect: 'manual', body });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  return await select(
    await (await fetch(`${base}/talkers`, { headers: { cookie } })).text(),
    'main h1, nav a',
  );
}

test.each(['executable', 'source'])(
  "an operator's own panel, far from the project, is loaded by the server as %s",
  async (kind) => {
    const panel = join(folder, 'talkers.tsx');
    await copyFile(join(projectFolder, 'examples/admin-panel/talkers.tsx'), panel);
    const environment = {
      ...(kind === 'executable' && { ...bareEnvironment, MEDIASOUP_WORKER_BIN: undefined }),
      TUREEN_UNPACK_DIR: join(folder, 'unpacked'),
      TUREEN_ADMIN_PANELS: panel,
      TUREEN_ADMIN_USER: 'ops',
      TUREEN_ADMIN_PASSWORD_HASH: await hashPassword(password),
    };
    const command = kind === 'executable' ? [executable] : undefined;
    await using program = await Program.start({ command, environment });
    expect(await talkersOf(program)).toEqual(expect.arrayContaining(['Talkers', 'Overview']));
  },
);

test('a panel that imports what is not there keeps the executable from starting, and is told what it may import', async () => {
  const panel = join(folder, 'wrong.tsx');
  await Bun.write(panel, "import x from 'no-such-package';\nexport default x;\n");
  const environment = {
    ...bareEnvironment,
    MEDIASOUP_WORKER_BIN: undefined,
    TUREEN_UNPACK_DIR: join(folder, 'unpacked'),
    TUREEN_ADMIN_PANELS: panel,
  };
  await using program = new Program({ command: [executable], environment });
  expect(await program.process.exited).not.toBe(0);
  await program.prints(`cannot load \\"${panel}\\"`).catch(() => program.prints(`cannot load "${panel}"`));
  expect(program.output).toContain('no-such-package');
  expect(program.output).toContain('tureen/admin');
});
