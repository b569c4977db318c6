import { expect, test } from 'bun:test';
import { ensurePackages, type PackageHost } from '../../scripts/machine/packages.ts';

/** A machine that exists only here. It records what is run on it. */
class FakeHost implements PackageHost {
  readonly ran: string[] = [];
  readonly said: string[] = [];
  isRoot = true;
  hasApt = true;
  installed = new Set<string>();
  /** How many installations fail before one works. */
  failures = 0;

  hasCommand(): boolean {
    return this.hasApt;
  }

  say(line: string): void {
    this.said.push(line);
  }

  async run(command: string[]) {
    if (command[0] === 'dpkg-query') {
      const output = [...this.installed].map((name) => `${name} installed\n`).join('');

      return { exitCode: 1, output: `${output}removed-one config-files\ndpkg-query: no packages found\n` };
    }

    this.ran.push(command.join(' '));

    if (command.includes('install') && this.failures-- > 0) {
      return { exitCode: 100, output: 'E: Unable to locate package soup' };
    }

    return { exitCode: 0, output: '' };
  }
}

function host(settings: Partial<FakeHost> = {}): FakeHost {
  return Object.assign(new FakeHost(), settings);
}

const INSTALL = 'apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends';

test('packages that are installed are left alone', async () => {
  const machine = host({ installed: new Set(['g++', 'meson']) });

  await ensurePackages(['g++', 'meson'], 'to build', machine);

  expect(machine.ran).toEqual([]);
  expect(machine.said).toEqual([]);
});

test('as root, missing packages are installed, and the user reads which and why', async () => {
  const machine = host({ installed: new Set(['g++']) });

  await ensurePackages(['g++', 'meson', 'removed-one'], 'to build the media worker', machine);

  expect(machine.ran).toEqual([`${INSTALL} meson removed-one`]);
  expect(machine.said).toEqual(['installing system packages to build the media worker: meson removed-one']);
});

test('package lists that are missing or old are updated', async () => {
  const machine = host({ failures: 1 });

  await ensurePackages(['soup'], 'to eat', machine);

  expect(machine.ran).toEqual([
    `${INSTALL} soup`,
    'apt-get -q -y -o DPkg::Lock::Timeout=300 update',
    `${INSTALL} soup`,
  ]);
});

test('an installation that fails tells the command and what it said', async () => {
  await expect(ensurePackages(['soup'], 'to eat', host({ failures: 2 }))).rejects.toThrow(
    `system packages needed to eat could not be installed. "${INSTALL} soup" ended with exit code 100 and said:\n` +
      'E: Unable to locate package soup\n',
  );
});

test('a user who is not root reads the exact command to run', async () => {
  const machine = host({ isRoot: false, installed: new Set(['g++']) });

  await expect(ensurePackages(['g++', 'meson', 'ninja-build'], 'to build', machine)).rejects.toThrow(
    'sudo apt-get update && sudo apt-get install --no-install-recommends -y meson ninja-build\n',
  );
  expect(machine.ran).toEqual([]);
});

test('on another system the user reads what is needed', async () => {
  await expect(
    ensurePackages(['chromium'], 'for the browser tests', host({ hasApt: false })),
  ).rejects.toThrow(
    'system packages are needed for the browser tests, and this machine is neither Debian nor Ubuntu. ' +
      'Install what Debian calls chromium, or use a machine with Debian.',
  );
});
