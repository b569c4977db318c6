import { expect, test } from 'bun:test';
import { chmod, cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, run } from '../support/run.ts';
import { withFolder } from '../worker/fixtures.ts';

const ROOT = join(import.meta.dir, '../..');
const TOOLS = ['sh', 'cat', 'cmp', 'sed', 'uname', 'mv', 'mkdir', 'flock', 'rm'];
const PINNED = /"@oven\/bun-linux-x64": "(.*)"/.exec(
  await Bun.file(join(ROOT, 'scripts/bun/package.json')).text(),
)?.[1];

/**
 * Runs bootstrap.sh in a project of its own, in which start.ts prints its arguments, with nothing on the PATH but
 * what is given: shell scripts by name. `install` of the fake Bun is counted in the file "installs".
 */
class Project {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(programs: Record<string, string>): Promise<void> {
    const bin = join(this.#folder, 'bin');

    await mkdir(bin, { recursive: true });
    await cp(join(ROOT, 'scripts/bootstrap.sh'), join(this.#folder, 'scripts/bootstrap.sh'));
    await cp(join(ROOT, 'scripts/bun/package.json'), join(this.#folder, 'scripts/bun/package.json'));
    await Bun.write(join(this.#folder, 'package.json'), '{}');
    await Bun.write(join(this.#folder, 'bun.lock'), '{}');

    for (const tool of TOOLS) {
      const path = Bun.which(tool);

      if (path) {
        await symlink(path, join(bin, tool));
      }
    }

    for (const [name, body] of Object.entries(programs)) {
      await Bun.write(join(bin, name), `#!/bin/sh\n${body}\n`);
      await chmod(join(bin, name), 0o755);
    }
  }

  async run(...args: string[]): Promise<Omit<Outcome, 'output'>> {
    const { exitCode, out, err } = await run(['/bin/sh', 'scripts/bootstrap.sh', ...args], {
      cwd: this.#folder,
      environment: { PATH: join(this.#folder, 'bin') },
    });
    return { exitCode, out, err };
  }

  async installs(): Promise<number> {
    const text = await Bun.file(join(this.#folder, 'installs'))
      .text()
      .catch(() => '');

    return text.length;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }
}

async function withProject(programs: Record<string, string>, run: (project: Project) => Promise<void>) {
  await withFolder(async (folder) => {
    const project = new Project(folder);

    await project.prepare(programs);
    await run(project);
  });
}

/** Stands for Bun: tells a version, counts installations, and otherwise prints how it was called. */
function fakeBun(version: string | undefined): string {
  return `case $1 in
    --version) echo ${version} ;;
    install) printf x >> installs; [ ! -e fail ] ;;
    *) echo "$0 runs: $*" ;;
  esac`;
}

test('an unknown task is refused, and the tasks are named', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    expect(await project.run('serve')).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(/^tureen: unknown task 'serve', expected one of start, test, [a-z, -]+\n$/),
    });
  });
});

test('no task at all is refused', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    expect((await project.run()).err).toContain('no task was given, expected one of start, test');
  });
});

test('a Bun of the right version on the PATH is used, and gets the arguments as they are', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    const { out, err } = await project.run('token', '--room', 'a room');

    expect(out).toBe(`${project.path('bin/bun')} runs: scripts/token.ts --room a room\n`);
    expect(err).toBe('tureen: installing the dependencies\n');
  });
});

test('the dependencies are installed once, and again when the lock file changes', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    await project.run('start');
    expect((await project.run('start')).err).toBe('');
    expect(await project.installs()).toBe(1);

    await Bun.write(project.path('bun.lock'), '{"changed": true}');
    await project.run('start');
    expect(await project.installs()).toBe(2);
  });
});

test('of several commands at once only one installs', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    const results = await Promise.all(Array.from({ length: 5 }, () => project.run('start')));

    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
    expect(await project.installs()).toBe(1);
  });
});

test('an installation that fails says so, and is tried again by the next command', async () => {
  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    await Bun.write(project.path('fail'), '');

    const { exitCode, out, err } = await project.run('start');

    expect(exitCode).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('the dependencies could not be installed (see above)');

    await Bun.file(project.path('fail')).delete();
    expect((await project.run('start')).out).toContain('runs: scripts/start.ts');
  });
});

/** Puts a Bun of the right version where npm puts it. */
const FAKE_NPM = `[ "$PWD" = "\${0%/bin/npm}/scripts/bun" ] && [ "$1" = ci ] || exit 9
  mkdir -p node_modules/@oven/bun-linux-x64/bin
  cat > node_modules/@oven/bun-linux-x64/bin/bun < "\${0%npm}right-bun"
  /bin/chmod +x node_modules/@oven/bun-linux-x64/bin/bun`;

test('a Bun of another version is left alone, and the right one comes from npm', async () => {
  const programs = {
    bun: fakeBun('1.0.0'),
    'right-bun': fakeBun(PINNED),
    npm: FAKE_NPM,
  };

  await withProject(programs, async (project) => {
    const { out, err } = await project.run('start');

    expect(err).toContain(`tureen: installing Bun ${PINNED} from npm (once)\n`);
    expect(out).toBe(
      `${project.path('scripts/bun/node_modules/@oven/bun-linux-x64/bin/bun')} runs: scripts/start.ts\n`,
    );
    expect((await project.run('start')).err).toBe('');
  });
});

test('without npm and without Bun the user reads what to install', async () => {
  await withProject({}, async (project) => {
    expect(await project.run('start')).toEqual({
      exitCode: 1,
      out: '',
      err: `tureen: neither npm nor Bun was found. Install Node.js 20 or later (it brings npm) or Bun ${PINNED}, then run the command again.\n`,
    });
  });
});

test('an npm that fails is named', async () => {
  await withProject({ npm: 'exit 1' }, async (project) => {
    const { exitCode, err } = await project.run('start');

    expect(exitCode).toBe(1);
    expect(err).toContain(`npm could not install Bun ${PINNED}`);
  });
});

test('every script of package.json is a task that exists and that bootstrap.sh knows', async () => {
  const { scripts }: { scripts: Record<string, string> } = await Bun.file(join(ROOT, 'package.json')).json();

  await withProject({ bun: fakeBun(PINNED) }, async (project) => {
    for (const command of Object.values(scripts)) {
      expect(command).toStartWith('exec sh scripts/bootstrap.sh ');

      const task = command.split(' ').at(-1) ?? '';

      expect((await project.run(task)).out).toEndWith(`runs: scripts/${task}.ts\n`);
      expect(await Bun.file(join(ROOT, `scripts/${task}.ts`)).exists()).toBe(true);
    }
  });
});

test('the token task prints a token and nothing else', async () => {
  const command = [process.execPath, 'scripts/token.ts', '--room', 'soup', '--peer', 'alice'];
  const keys = { TUREEN_API_KEY: 'key', TUREEN_API_SECRET: 's'.repeat(32) };
  const { out, exitCode } = await run(command, { cwd: ROOT, environment: { ...process.env, ...keys } });

  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(exitCode).toBe(0);
});

test('the lock file of Bun has a hash for every package and names no host', async () => {
  const { packages }: { packages: Record<string, { integrity?: string; resolved?: string }> } =
    await Bun.file(join(ROOT, 'scripts/bun/package-lock.json')).json();
  const entries = Object.entries(packages).filter(([name]) => name !== '');

  expect(entries.length).toBeGreaterThan(0);

  for (const [, { integrity, resolved }] of entries) {
    expect(integrity).toStartWith('sha512-');
    expect(resolved ?? 'https://registry.npmjs.org/').toStartWith('https://registry.npmjs.org/');
  }
});
