import { existsSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { envFileVariable, readEnvironment } from '../config/env-file.ts';
import { places } from '../host/paths.ts';
import { type EmbeddedFile, unpack, unpackAgain } from './unpack.ts';

/** The paths of the unpacked files, from the folder of `unpack`. */
export const unpacked = {
  worker: 'mediasoup-worker',
  workerStarter: 'own-session.sh',
  page: 'page',
} as const;

const usage = `Tureen, an edge SFU. Without a command it starts the server; docs/configuration.md lists its variables.

tureen           starts the server
tureen doctor    examines this host and the configuration; exits with 1 when something is fatal
tureen token     prints a token: tureen token --room x --peer y
tureen mesh      lets this node's database join another mesh: tureen mesh import
tureen backup    copies the database into a file: tureen backup FILE
tureen restore   puts such a file in the place of the database: tureen restore FILE
tureen hash-password  prints the hash of a password from standard input
tureen health    checks that the server on this host answers; exits with 0 when it does
tureen unpack    unpacks the media worker and prints the folder
tureen version   prints the version
tureen help      prints this

doctor, token, mesh, backup, restore and health read the settings of TUREEN_ENV_FILE, or else those that deploy/install.sh wrote.`;

const information: Readonly<Record<string, string>> = {
  ...{ version: packageJson.version, '--version': packageJson.version, '-v': packageJson.version },
  ...{ help: usage, '--help': usage, '-h': usage },
};

/** The entry of the single executable: unpacks the files that are not modules, and runs the command. */
export async function runExecutable(files: readonly EmbeddedFile[]): Promise<void> {
  const [command = 'start'] = process.argv.splice(2, 1);
  const printed = information[command];
  if (printed !== undefined) return console.log(printed);
  if (!commands.has(command)) {
    console.error(`unknown command "${command}", expected one of\n${usage}`);
    process.exit(2);
  }
  if (commandsOfAnInstallation.has(command)) useInstalledSettings();
  if (command === 'health') {
    const { health } = await import('./health.ts');
    return process.exit(await health(process.env));
  }
  if (command === 'token') {
    const { tokenCommand } = await import('./token.ts');
    return process.exit(await tokenCommand(process.argv.slice(2), process.env));
  }
  if (command === 'mesh') {
    const { meshCommand } = await import('./mesh.ts');
    return process.exit(await meshCommand(process.argv.slice(2), process.env));
  }
  if (command === 'backup' || command === 'restore') {
    const { backupCommand } = await import('./backup.ts');
    return process.exit(await backupCommand(command, process.argv.slice(2), process.env));
  }
  if (command === 'hash-password') {
    const { hashPasswordCommand } = await import('./hash-password.ts');
    return process.exit(await hashPasswordCommand(await Bun.stdin.text()));
  }
  const folder = await unpackFor(files).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  if (command === 'unpack') return console.log(folder);
  places.page = join(folder, unpacked.page);
  places.workerStarter = join(folder, unpacked.workerStarter);
  places.restore = unpackAgain(files, folder);
  // Mediasoup reads the variable when it is imported, so the modules that import it are imported after this line.
  process.env.MEDIASOUP_WORKER_BIN ||= join(folder, unpacked.worker);
  if (command === 'start') return void (await import('../main.ts'));
  const { doctor } = await import('./doctor.ts');
  process.exit(await doctor({ environment: process.env, workerBin: process.env.MEDIASOUP_WORKER_BIN }));
}

/** TUREEN_UNPACK_DIR may be in the file of settings, too. */
async function unpackFor(files: readonly EmbeddedFile[]): Promise<string> {
  return await unpack(files, readEnvironment(process.env));
}

/** They concern the installed server, but the shell that runs them does not have its environment. */
const commandsOfAnInstallation = new Set(['doctor', 'token', 'mesh', 'backup', 'restore', 'health']);
const commands = new Set([...commandsOfAnInstallation, 'hash-password', 'start', 'unpack']);
const installedSettings = '/etc/tureen/tureen.env';

function useInstalledSettings(): void {
  const { env } = process;
  if (env[envFileVariable] !== undefined || !existsSync(installedSettings)) return;
  env[envFileVariable] = installedSettings;
  console.error(`settings: ${installedSettings}`);
}
