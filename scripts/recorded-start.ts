/** Starts an executable that was just built, to learn which of its functions a start uses. */
import { join } from 'node:path';
import { SetupError } from './machine/console.ts';

const LONGEST_START = 60_000;

/**
 * Starts the executable with a folder for all that it writes and with ports of the system's choice, and ends it when
 * it is ready.
 *
 * @returns the path of Bun's record of the functions, for `bytecodeOrder` of Bun.build
 * @throws SetupError with its output when it does not get ready
 */
export async function recordStart(executable: string, folder: string): Promise<string> {
  const record = join(folder, 'start.order');
  const server = Bun.spawn([executable], {
    // Nothing of this environment, or the server of an operator's settings would be recorded, and reach their hosts.
    env: {
      BUN_BYTECODE_ORDER_OUT: record,
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      TUREEN_RTC_BASE_PORT: '0',
      TUREEN_WORKERS: '1',
      TUREEN_DRAIN_SECONDS: '0',
      TUREEN_DATA_DIR: join(folder, 'data'),
      TUREEN_UNPACK_DIR: join(folder, 'unpacked'),
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: LONGEST_START,
    killSignal: 'SIGKILL',
  });
  const errors = new Response(server.stderr).text();
  let output = '';
  let isReady = false;

  for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;

    // Once: a second signal would end the server before it has written the record.
    if (!isReady && output.includes('"message":"ready"')) {
      isReady = true;
      server.kill('SIGTERM');
    }
  }

  if ((await server.exited) !== 0 || !(await Bun.file(record).exists())) {
    throw new SetupError(
      `the executable was built but does not start on this machine:\n${output}${await errors}`,
    );
  }

  return record;
}
