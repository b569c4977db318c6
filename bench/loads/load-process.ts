import { join } from 'node:path';
import { spawnChild, stopChild } from '../harness/children.ts';

/** A load that runs until it is stopped. */
export interface HeldLoad<R> extends AsyncDisposable {
  readonly pid: number;
  /** The first line that it printed, when it was ready. */
  readonly first: R;
  /** The next line that it prints. */
  next<T>(): Promise<T>;
  /** Writes a line to it. */
  write(line: string): void;
}

/**
 * Runs a load in a separate process, so that its cost is not counted for the server.
 * @returns what the load printed on its last line
 */
export async function runLoad<R>(name: string, options: object): Promise<R> {
  const child = spawnLoad(name, options, 'ignore');
  try {
    const output = await new Response(child.stdout as ReadableStream).text();
    const exitCode = await child.exited;
    if (exitCode !== 0) throw new Error(`the load ${name} ended with exit code ${exitCode}`);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as R;
  } finally {
    await stopChild(child);
  }
}

/** Starts a load and waits until it prints its first line, which means that it is ready. */
export async function holdLoad<R>(name: string, options: object): Promise<HeldLoad<R>> {
  const child = spawnLoad(name, options, 'pipe');
  const lines = readLines(child.stdout as ReadableStream<Uint8Array>);
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the load ${name} ended with exit code ${await child.exited}`);
    return JSON.parse(value) as T;
  };
  const stdin = child.stdin as Bun.FileSink;
  try {
    return {
      pid: child.pid,
      first: await next<R>(),
      next,
      write: (line) => {
        stdin.write(`${line}\n`);
        stdin.flush();
      },
      [Symbol.asyncDispose]: () => stopChild(child),
    };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

/** The options that `runLoad` gave to this process. */
export function loadOptions<O>(): O {
  return JSON.parse(process.argv[2] ?? '{}') as O;
}

function spawnLoad(name: string, options: object, stdin: 'ignore' | 'pipe'): Bun.Subprocess {
  const command = [process.execPath, join(import.meta.dir, `${name}.ts`), JSON.stringify(options)];
  return spawnChild(command, { stdin, stdout: 'pipe', stderr: 'inherit' });
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
