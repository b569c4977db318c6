/** What a command left behind. */
export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** Both of them. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the command; that of this process unless told. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What it reads. */
  readonly input?: string;
}

/** Runs a command to its end. */
export async function run(
  command: readonly string[],
  { cwd, environment = process.env, input = '' }: RunOptions = {},
): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    cwd,
    env: environment,
    stdin: Buffer.from(input),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, out, err, output: out + err };
}

/** Runs a command that has to succeed. @returns what it printed */
export async function succeed(command: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, output } = await run(command, options);
  if (exitCode === 0) return output;
  throw new Error(`"${command.join(' ')}" ended with ${exitCode}:\n${output.slice(-4000)}`);
}
