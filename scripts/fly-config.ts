/**
 * Writes a Fly.io configuration for each node, and checks the existing ones:
 * `npm run fly:config -- --nodes ams,fra,iad`, with `--mesh` as one mesh, `npm run fly:config -- --check`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Glob } from 'bun';
import { checkFlyFiles } from '../deploy/fly/check.ts';
import { checkMeshFiles } from '../deploy/fly/check-mesh.ts';
import { appName, type FlyNode, flyConfig, planNodes } from '../deploy/fly/config.ts';
import { flyMesh } from '../deploy/fly/mesh.ts';
import { reasonOf, runTask, SetupError, say } from './machine/console.ts';

const ROOT = join(import.meta.dir, '..');

const USAGE = `npm run fly:config -- --nodes ams,fra,iad [--prefix tureen] [--workers 2] [--base-port 40000] [--mesh] [--out folder]
npm run fly:config -- --check [--out folder]`;

await runTask(async () => {
  const { nodes, prefix, mesh, out, check, help, ...numbers } = readArguments();

  if (help) {
    console.log(USAGE);
    return;
  }

  if (prefix !== undefined && !appName.test(prefix)) {
    throw new SetupError(
      `--prefix: got "${prefix}", wants the beginning of an app's name: lowercase letters, digits and dashes`,
    );
  }

  if (nodes !== undefined) {
    const regions = nodes.split(',').map((region) => region.trim());
    const wrong = regions.find((region) => !/^[a-z]{3}$/.test(region));

    if (wrong !== undefined) {
      throw new SetupError(`--nodes: got "${wrong}", wants region codes such as ams,fra,iad`);
    }

    const plan = {
      regions,
      prefix,
      workers: readNumber('--workers', numbers.workers),
      basePort: readNumber('--base-port', numbers['base-port']),
    };

    await (mesh ? writeMesh(planNodes(plan), out, prefix) : writeNodes(planNodes(plan), out));
  } else if (!check) {
    throw new SetupError(`nothing to do; expected one of\n${USAGE}`);
  }

  await checkFolder(out);
});

async function writeNodes(nodes: readonly FlyNode[], out: string): Promise<void> {
  for (const node of nodes) {
    const name = `fly.${node.app}.toml`;

    await Bun.write(join(out, name), flyConfig(node));
    say(
      `written: ${name}. Create the app: fly apps create ${node.app} && fly ips allocate-v4 -a ${node.app}`,
    );
  }
}

async function writeMesh(nodes: readonly FlyNode[], out: string, prefix: string | undefined): Promise<void> {
  const keys = join(out, 'bus');

  for (const { name, text, commands } of await flyMesh(nodes, { keys, prefix })) {
    await Bun.write(join(out, name), text);
    say(`written: ${name}`);
    console.log(commands.map((command) => `  ${command}`).join('\n'));
  }

  say(
    `keep ${keys} in a safe place and out of version control: it has the keys of the buses and of the nodes`,
  );
}

function readArguments() {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: {
        nodes: { type: 'string' },
        prefix: { type: 'string' },
        workers: { type: 'string' },
        'base-port': { type: 'string' },
        out: { type: 'string', default: ROOT },
        mesh: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });

    return values;
  } catch (error) {
    throw new SetupError(`${reasonOf(error)}. Expected\n${USAGE}`);
  }
}

function readNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }

  const value = Number(text);

  if (!Number.isInteger(value) || value < 1 || value > 65_000) {
    throw new SetupError(`${option}: got "${text}", wants a whole number from 1 to 65000`);
  }

  return value;
}

async function checkFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    throw new SetupError(`--out: got "${folder}", wants a folder that is there`);
  }

  // fly.toml is the example of a single node. Beside others its ports would clash with those of the first.
  const all = [...new Glob('fly*.toml').scanSync(folder)].sort();
  const names = all.length > 1 ? all.filter((name) => name !== 'fly.toml') : all;
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await Bun.file(join(folder, name)).text() })),
  );
  const busNames = [...new Glob('bus.*.toml').scanSync(folder)].sort();
  const buses = await Promise.all(
    busNames.map(async (name) => ({ name, text: await Bun.file(join(folder, name)).text() })),
  );
  const mistakes = [...checkFlyFiles(files), ...checkMeshFiles(files, buses)];

  if (mistakes.length > 0) {
    throw new SetupError(`the configuration for Fly.io is wrong:\n${mistakes.join('\n')}`);
  }

  say(
    `checked: ${[...names, ...busNames].join(', ')}. If flyctl is installed, also run: fly config validate --config <file>`,
  );
}
