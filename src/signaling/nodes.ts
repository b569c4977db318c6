import { Type } from '@sinclair/typebox';
import { orNull } from '../core/schemas.ts';

/** A node of the mesh as clients know it. */
export const ClientNode = Type.Object({
  name: Type.String(),
  url: Type.String({ description: 'where clients reach it' }),
  region: orNull(Type.String()),
  draining: Type.Boolean({ description: 'it is about to end: go elsewhere' }),
  self: Type.Boolean({ description: 'the node that says so' }),
});

/** What is known of a node. */
export interface AnyNode {
  readonly name: string;
  readonly url: string | null;
  readonly region: string | null;
  readonly draining: boolean;
  readonly stale: boolean;
  readonly self: boolean;
}

/** A client needs no more to choose from. */
const maxNamed = 64;

/** The nodes that clients may use: those that are heard, and that have an address for clients. */
export function nodesForClients(nodes: readonly AnyNode[]) {
  return nodes
    .flatMap(({ name, url, region, draining, stale, self }) =>
      url === null || stale ? [] : [{ name, url, region, draining, self }],
    )
    .slice(0, maxNamed);
}

/** The origins of their pages, which may use every node. */
export function originsOf(nodes: readonly AnyNode[]): string[] {
  const origins = nodes.flatMap(({ url }) =>
    url !== null && URL.canParse(url) ? [new URL(url).origin] : [],
  );
  // They go into a header.
  return origins.filter((origin) => /^[\w.:/[\]-]+$/.test(origin));
}
