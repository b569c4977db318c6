import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown for a command line that makes no sense; its message says what to do. */
export class UsageError extends Error {}

/** What the options of a command line are given. @throws UsageError */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** An API key that signs tokens. */
export interface SigningKey {
  readonly key: string;
  readonly secret: string;
}

/** The key of --token-key and --token-secret, or of the environment; undefined without one. @throws UsageError */
export function readSigningKey(
  given: { readonly 'token-key'?: string | undefined; readonly 'token-secret'?: string | undefined },
  environment: Environment,
): SigningKey | undefined {
  const { 'token-key': key = environment.TUREEN_API_KEY } = given;
  const { 'token-secret': secret = environment.TUREEN_API_SECRET } = given;
  if (key !== undefined && secret !== undefined) return { key, secret };
  if (key === undefined && secret === undefined) return undefined;
  throw new UsageError('--token-key and --token-secret belong together; give both, or none');
}

export interface Command<O> {
  /** As after `npm run`. */
  readonly name: string;
  readonly usage: string;
  /** @returns undefined when help was asked for @throws UsageError */
  readonly read: (args: readonly string[], environment: Environment) => O | undefined;
}

/** The options of this process. Where they ask for help, or make no sense, it says so and ends. */
export function optionsOrExit<O>({ name, usage, read }: Command<O>): O {
  try {
    const options = read(process.argv.slice(2), process.env);
    if (options) return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    console.error(`\`npm run ${name} -- --help\` shows all options.`);
    process.exit(2);
  }
}
