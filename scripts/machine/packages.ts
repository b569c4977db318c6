import { SetupError, say } from './console.ts';

/** The exit code of a command, and what it printed. */
export interface CommandResult {
  exitCode: number;
  output: string;
}

/** What installing packages needs of the machine. Tests replace it. */
export interface PackageHost {
  isRoot: boolean;
  hasCommand(name: string): boolean;
  run(command: string[]): Promise<CommandResult>;
  say(line: string): void;
}

// Waits for another apt, for example the machine's nightly one, instead of failing at once.
const APT_GET = ['apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];

const INSTALL = ['install', '--no-install-recommends'];

/** The real machine. */
export const thisMachine: PackageHost = {
  isRoot: process.getuid?.() === 0,
  hasCommand: (name) => Bun.which(name) !== null,
  run: runCommand,
  say,
};

/**
 * Makes sure that Debian packages are installed. As root it installs those that are missing.
 *
 * @param names the packages, by the names that Debian and Ubuntu give them.
 * @param why completes "system packages are needed ...", for example 'to build the media worker'.
 * @throws SetupError with the exact command to run when packages are missing and this user cannot install them.
 */
export async function ensurePackages(names: string[], why: string, host = thisMachine): Promise<void> {
  if (!host.hasCommand('dpkg-query') || !host.hasCommand('apt-get')) {
    throw new SetupError(
      `system packages are needed ${why}, and this machine is neither Debian nor Ubuntu. ` +
        `Install what Debian calls ${names.join(', ')}, or use a machine with Debian.`,
    );
  }

  const missing = await findMissing(names, host);

  if (missing.length === 0) {
    return;
  }

  if (!host.isRoot) {
    throw new SetupError(
      `system packages are needed ${why}: ${missing.join(', ')}. Install them with\n\n    ` +
        `sudo apt-get update && sudo apt-get ${INSTALL.join(' ')} -y ${missing.join(' ')}\n\n` +
        'and run the command again.',
    );
  }

  host.say(`installing system packages ${why}: ${missing.join(' ')}`);
  await install(missing, why, host);
}

async function findMissing(names: string[], host: PackageHost): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's.
  const query = ['dpkg-query', '--show', '--showformat', '${Package} ${db:Status-Status}\\n', ...names];
  // It exits with 1 when it does not know one of the names, but still prints the others.
  const { output } = await host.run(query);
  const installed = new Set(
    output.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])),
  );

  return names.filter((name) => !installed.has(name));
}

async function install(names: string[], why: string, host: PackageHost): Promise<void> {
  const command = [...APT_GET, ...INSTALL, ...names];
  let result = await host.run(command);

  if (result.exitCode !== 0) {
    // New machines have no package lists, and old lists name versions that are gone.
    host.say('updating the package lists');
    await host.run([...APT_GET, 'update']);
    result = await host.run(command);
  }

  if (result.exitCode !== 0) {
    throw new SetupError(
      `system packages needed ${why} could not be installed. "${command.join(' ')}" ended with exit code ` +
        `${result.exitCode} and said:\n${lastLines(result.output, 15)}\n` +
        'Check that the package mirror can be reached and that the disk is not full, then run the command again.',
    );
  }
}

async function runCommand(command: string[]): Promise<CommandResult> {
  const child = Bun.spawn(command, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // No package may ask a question, and the messages must be in English for the code that reads them.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  const [out, err, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);

  return { exitCode, output: out + err };
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
