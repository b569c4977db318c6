import type { Clock } from '../../core/clock.ts';
import type { Mesh } from '../mesh.ts';
import { within } from '../within.ts';
import type { LogPlace } from './view.ts';

/** Logs of all nodes as one, the newest first, gathered when they are read. */

interface Numbered {
  /** Each node counts its own. */
  readonly id: number;
  readonly time: number;
}

/** What one node has for a page, the newest first. */
export interface LogPart<E> {
  readonly entries: readonly E[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

export interface GatherOptions<P> {
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly limit: number;
  /** Where the page before ended. */
  readonly place: LogPlace;
  /** What this node has. @param before only entries with lower ids; null for the newest */
  readonly own: (before: number | null) => P;
  /** Asks another node for the same. */
  readonly ask: (life: string, before: number | null) => Promise<P>;
}

export const gatherMs = 500;
const partBytes = 512 * 1024;

/** As many of these as fit into a message, and the limit. @param found one more than the limit, if there are so many */
export function partOf<E>(found: readonly E[], limit: number): { entries: E[]; more: boolean } {
  const entries: E[] = [];
  let left = partBytes;
  for (const entry of found.slice(0, limit)) {
    left -= Buffer.byteLength(JSON.stringify(entry));
    if (left < 0 && entries.length > 0) break;
    entries.push(entry);
  }
  return { entries, more: found.length > entries.length };
}

/** A page of what all nodes have. Nodes that do not answer in time are `silent`: theirs is missing. */
export async function gatherNewest<E extends Numbered, P extends LogPart<E>>(options: GatherOptions<P>) {
  const { mesh, clock, limit, place, own, ask } = options;
  const { self } = mesh;
  const nodes = [...mesh.presence.nodes.values()];
  const silent = new Set(nodes.map(({ name }) => name));
  const parts = [{ node: self.name, part: own(place[self.name] ?? null) }];
  const asked = nodes
    .filter(({ stale }) => !stale)
    .map(async ({ life, name: node }) => {
      const part = await ask(life, place[node] ?? null).catch(() => undefined);
      if (!part || !silent.delete(node)) return;
      parts.push({ node, part });
    });
  await within(clock, gatherMs, Promise.all(asked));
  const inTime = [...parts];
  return { ...merge<E>(inTime, limit, place), parts: inTime, silent: [...silent].sort() };
}

/** The newest entries of all parts, each part in its own order, and where the next page begins in each. */
function merge<E extends Numbered>(
  parts: readonly { readonly node: string; readonly part: LogPart<E> }[],
  limit: number,
  place: LogPlace,
) {
  const queues = parts.map(({ node, part }) => ({ node, rest: [...part.entries], more: part.more }));
  const entries: (E & { readonly node: string })[] = [];
  const next: Record<string, number> = { ...place };
  while (entries.length < limit) {
    // What such a node has next is not known, and may be newer than what the others have.
    if (queues.some(({ rest, more }) => rest.length === 0 && more)) break;
    const [newest] = queues
      .filter(({ rest }) => rest.length > 0)
      .sort((one, other) => (other.rest[0]?.time ?? 0) - (one.rest[0]?.time ?? 0));
    const entry = newest?.rest.shift();
    if (!newest || !entry) break;
    entries.push({ ...entry, node: newest.node });
    next[newest.node] = entry.id;
  }
  const isMore = queues.some(({ rest, more }) => rest.length > 0 || more);
  return { entries, next: isMore ? next : null };
}
