import { parseArgs } from 'node:util';
import { reasonOf, SetupError } from '../machine/console.ts';

export interface MeshOptions {
  readonly nodes: number;
  /** Of the first node; the others have the next ones. */
  readonly port: number;
  /** Seconds between two restarts of a node, one node after the other; undefined for none. */
  readonly rolling?: number;
}

export const usage = 'npm run mesh -- [--nodes 3] [--port 3000] [--rolling 15]';

const maxNodes = 20;

/** @throws SetupError that names the option, what it got and what it wants */
export function readMeshOptions(args: readonly string[]): MeshOptions | 'help' {
  const { nodes, port, rolling, help } = parse(args);

  if (help) {
    return 'help';
  }

  const count = readNumber('--nodes', nodes, { from: 1, to: maxNodes });

  const options = { nodes: count, port: readNumber('--port', port, { from: 1024, to: 65_536 - count }) };

  if (rolling === undefined) {
    return options;
  }

  if (count < 2) {
    throw new SetupError('--rolling wants two nodes at least: the calls of one that restarts go to another');
  }

  return { ...options, rolling: readNumber('--rolling', rolling, { from: 1, to: 3600 }) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '3' },
        port: { type: 'string', default: '3000' },
        rolling: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new SetupError(`${reasonOf(error)}. Expected\n${usage}`);
  }
}

function readNumber(option: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = Number(text);

  if (!Number.isInteger(value) || value < from || value > to) {
    throw new SetupError(`${option}: got "${text}", wants a whole number from ${from} to ${to}`);
  }

  return value;
}
