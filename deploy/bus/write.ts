import { join } from 'node:path';
import { type BusNode, type BusPlaces, busConfig, busFiles, busUsers } from './config.ts';
import { makeAuthority, makeCertificate, makeSeed } from './keys.ts';

/**
 * Writes a folder for each node with all that its bus and the node itself need. What is secret and there already stays as
 * it is. @throws Error for two nodes of one name
 */
export async function writeBuses(
  out: string,
  nodes: readonly Omit<BusNode, 'publicKey'>[],
  places?: (name: string) => BusPlaces,
): Promise<BusNode[]> {
  const names = nodes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two nodes are named "${twice}"; give each a name of its own`);
  await makeAuthority(out);
  const known: BusNode[] = [];
  for (const node of nodes) {
    const folder = join(out, node.name);
    await makeCertificate(folder, node.host, out);
    known.push({ ...node, publicKey: await makeSeed(folder) });
  }
  for (const node of known) {
    const folder = join(out, node.name);
    await Bun.write(join(folder, busFiles.configuration), busConfig(node, known, places?.(node.name)));
    await Bun.write(join(folder, busFiles.nodes), busUsers(known));
  }
  return known;
}
