import { join } from 'node:path';
import { busFiles } from '../bus/config.ts';
import { writeBuses } from '../bus/write.ts';
import { busAppOf, busSecret, flyBusConfig, openFiles, ownPrivateName, privateName } from './bus.ts';
import { type FlyNode, flyConfig, nodeSecret } from './config.ts';

export interface FlyMeshFile {
  readonly name: string;
  readonly text: string;
  /** What to do with it. */
  readonly commands: readonly string[];
}

/**
 * The files of the nodes of a mesh and of the buses beside them. Keys and certificates are written into a folder; those
 * that are there stay.
 */
export async function flyMesh(
  nodes: readonly FlyNode[],
  { keys, prefix }: { keys: string; prefix?: string },
): Promise<FlyMeshFile[]> {
  const planned = nodes.map(({ app }) => ({
    ...{ name: app, host: privateName(busAppOf(app, prefix)), listen: ownPrivateName },
  }));
  const buses = await writeBuses(keys, planned);
  const files: FlyMeshFile[] = [];
  for (const [index, node] of nodes.entries()) {
    const bus = buses[index];
    if (!bus) throw new Error(`there is no bus for node "${node.app}"`);
    const folder = join(keys, node.app);
    const read = (name: string) => Bun.file(join(folder, name)).text();
    const texts = await Promise.all(openFiles.map(async (name) => [name, await read(name)] as const));
    const app = busAppOf(node.app, prefix);
    const authority = await read(busFiles.authority);
    files.push(
      {
        name: `bus.${app}.toml`,
        text: flyBusConfig({ app, region: node.region, files: Object.fromEntries(texts) }),
        commands: [
          `fly apps create ${app}`,
          setSecret(app, busSecret, join(folder, busFiles.key)),
          `fly deploy --config bus.${app}.toml --ha=false`,
        ],
      },
      {
        name: `fly.${node.app}.toml`,
        text: flyConfig({ ...node, bus, authority }),
        commands: [
          `fly apps create ${node.app} && fly ips allocate-v4 -a ${node.app}`,
          setSecret(node.app, nodeSecret, join(folder, busFiles.seed)),
        ],
      },
    );
  }
  return files;
}

function setSecret(app: string, name: string, path: string): string {
  return `fly secrets set --stage -a ${app} ${name}="$(base64 -w0 ${path})"`;
}
