import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { places } from './places.ts';
import { type EmbeddedFile, unpack } from './unpack.ts';

/** The names of the files in the folder that everything is unpacked into. */
export const unpacked = {
  worker: 'mediasoup-worker',
  workerStarter: 'own-session.sh',
  page: 'page',
} as const;

const usage = `tureen           starts the server; docs/configuration.md lists its variables
tureen doctor    examines this host and the configuration
tureen token     prints a token: tureen token --room x --peer y
tureen health    asks the server on this host whether it answers; the exit code tells
tureen unpack    unpacks the media worker, prints the folder, and does nothing else
tureen version   prints the version`;

/** The start of the single executable: unpacks what is no module, then becomes the command that was asked for. */
export async function runExecutable(files: readonly EmbeddedFile[]): Promise<void> {
  const [command = 'start'] = process.argv.splice(2, 1);
  if (command === 'version' || command === '--version') return console.log(packageJson.version);
  if (command === 'health') return process.exit(await askHealth());
  if (command === 'token') {
    const { tokenCommand } = await import('./auth/token-command.ts');
    return process.exit(await tokenCommand(process.argv.slice(2), process.env));
  }
  if (command !== 'start' && command !== 'doctor' && command !== 'unpack') {
    console.error(`unknown command "${command}", expected one of\n${usage}`);
    process.exit(2);
  }
  const folder = await unpack(files, process.env).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  if (command === 'unpack') return console.log(folder);
  places.page = join(folder, unpacked.page);
  places.workerStarter = join(folder, unpacked.workerStarter);
  // Mediasoup reads the variable when it is imported, so nothing that imports it may be imported before.
  process.env.MEDIASOUP_WORKER_BIN ||= join(folder, unpacked.worker);
  if (command === 'start') return void (await import('./main.ts'));
  const { doctor } = await import('./doctor/command.ts');
  process.exit(await doctor({ environment: process.env, workerBin: process.env.MEDIASOUP_WORKER_BIN }));
}

/** For health checks of containers, which have no program that could ask by HTTP. @returns the exit code */
async function askHealth(): Promise<number> {
  const { PORT: port = '3000', TUREEN_TLS_CERT: cert } = process.env;
  const url = `http${cert ? 's' : ''}://127.0.0.1:${port}/livez`;
  // The certificate is for the public name, and this is the same host.
  const answer = await fetch(url, { tls: { rejectUnauthorized: false } }).catch((error: Error) => error);
  if (!(answer instanceof Error) && answer.ok) return 0;
  console.error(`${url}: ${answer instanceof Error ? answer.message : `status ${answer.status}`}`);
  return 1;
}
