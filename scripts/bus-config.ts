/**
 * Writes what the buses of a mesh need: keys, certificates, permissions and configuration for each node.
 * `npm run bus:config -- --nodes ams=10.0.0.1,iad=10.0.0.2,syd=10.0.0.3`
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busEnvironment } from '../deploy/bus/config.ts';
import { writeBuses } from '../deploy/bus/write.ts';
import { reasonOf, runTask, SetupError, say } from './machine/console.ts';

const USAGE = `npm run bus:config -- --nodes ams=10.0.0.1,iad=10.0.0.2,syd=10.0.0.3 [--out bus]
  Each node has a name (its TUREEN_NODE) and the address under which the other hosts reach it.
  Run it again with more nodes to add some: keys and certificates that are there stay.`;

await runTask(async () => {
  const { nodes, out, help } = readArguments();

  if (help) {
    console.log(USAGE);
    return;
  }

  if (nodes === undefined) {
    throw new SetupError(`--nodes is missing; expected\n${USAGE}`);
  }

  if (Bun.which('openssl') === null) {
    throw new SetupError('openssl makes the certificates, and it is not installed (apt-get install openssl)');
  }

  for (const node of await writeBuses(out, nodes.split(',').map(readNode))) {
    const environment = Object.entries(busEnvironment(node)).map(([name, value]) => `  ${name}=${value}`);

    say(`written: ${join(out, node.name)}, to be /etc/tureen/bus on ${node.host}, and for its tureen.env:`);
    console.log(environment.join('\n'));
  }

  say(`keep ${join(out, 'ca.key')} in a safe place: who has it can be a bus of yours`);
});

function readNode(text: string): { name: string; host: string } {
  const [, name = '', host = ''] = /^([\w.-]{1,128})=([\w.:-]+)$/.exec(text.trim()) ?? [];

  if (name === '' || host === '') {
    throw new SetupError(`--nodes: got "${text}", wants a name and an address such as ams=10.0.0.1`);
  }

  return { name, host };
}

function readArguments() {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: {
        nodes: { type: 'string' },
        out: { type: 'string', default: 'bus' },
        help: { type: 'boolean', default: false },
      },
    });

    return values;
  } catch (error) {
    throw new SetupError(`${reasonOf(error)}. Expected\n${USAGE}`);
  }
}
