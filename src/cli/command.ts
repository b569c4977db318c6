import { type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';

/** A command of the command line. */
export interface Command {
  readonly usage: string;
  readonly args: readonly string[];
  /** @returns what is printed. @throws Error with what is wrong, which is printed with the usage */
  readonly run: () => string | Promise<string>;
}

/** Runs a command, or prints how it is used when that is asked for. @returns the exit code */
export async function runCommand({ usage, args, run }: Command): Promise<number> {
  try {
    console.log(args.includes('--help') ? usage : await run());
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(`\n${usage}`);
    return 1;
  }
}

/** The folder of the database of this node. @throws Error when it has none, or the configuration is wrong */
export function dataFolder(environment: Environment): string {
  const { dataDir } = readConfig(readEnvironment(environment));
  if (dataDir !== undefined) return dataDir;
  throw new Error('TUREEN_DATA_DIR is not set: without it a node keeps its database in memory.');
}
