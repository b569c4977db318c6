import { dirname, join, normalize } from 'node:path';
import { Glob } from 'bun';

/** A file of the project by its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** The path of the imported file from the root. */
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Every TypeScript file of the project, wherever it lies. */
export async function sourceFiles(root: string): Promise<SourceFile[]> {
  const found = [...new Glob('**/*.{ts,tsx}').scanSync(root)].map(normalize);
  const own = found.filter((path) => !/(^|\/)(node_modules|dist)\//.test(path)).sort();
  return await Promise.all(
    own.map(async (path) => ({ path, text: await Bun.file(join(root, path)).text() })),
  );
}

/** Imports of files of the project: those of types only, which a transpiler leaves out, and those by import() among them. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const early = text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"](\.[^'"]+)['"]/gm);
  const bare = text.matchAll(/^\s*import\s+()['"](\.[^'"]+)['"]/gm);
  const late = text.matchAll(/\bimport\(()['"](\.[^'"]+)['"]\)/g);
  return [...early, ...bare, ...late].map(([, type, specifier = '']) => ({
    target: normalize(join(dirname(path), specifier)),
    typeOnly: type !== undefined && type !== '',
  }));
}

/**
 * Every circle of imports: of the files and folders side by side in each folder, and of owners.
 * @returns a line for each: where, and who is in it
 */
export function circles(
  files: readonly SourceFile[],
  ownerOf: (path: string) => string | undefined,
): string[] {
  const edges = files.flatMap((file) => importsOf(file).map(({ target }) => [file.path, target] as const));
  const parents = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  const levels = [...parents]
    .sort()
    .map((folder): [string, (path: string) => string | undefined] => [
      folder,
      (path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/')[0] : undefined),
    ]);
  return [...levels, ['owners', ownerOf] as const].flatMap(([name, nodeOf]) =>
    circlesOf(edges, nodeOf).map((members) => `${name}: ${members.join(', ')}`),
  );
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Groups of nodes that reach each other. */
function circlesOf(
  edges: readonly (readonly [string, string])[],
  nodeOf: (path: string) => string | undefined,
): string[][] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    const [one, other] = [nodeOf(from), nodeOf(to)];
    if (one === undefined || other === undefined || one === other) continue;
    next.set(one, (next.get(one) ?? new Set()).add(other));
  }
  const reached = new Map([...next.keys()].map((node) => [node, reachableFrom(node, next)]));
  const groups = [...next.keys()]
    .filter((node) => reached.get(node)?.has(node))
    .map((node) => [...(reached.get(node) ?? [])].filter((other) => reached.get(other)?.has(node)).sort());
  return [...new Map(groups.map((members) => [members.join(), members])).values()];
}

function reachableFrom(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const other of next.get(node) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      waiting.push(other);
    }
  }
  return seen;
}
