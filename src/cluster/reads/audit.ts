import type { Clock } from '../../core/clock.ts';
import type { AuditEntry, AuditLog } from '../../store/audit.ts';
import type { Mesh } from '../mesh.ts';
import type { AuditPage, AuditQuery } from '../read-schemas.ts';
import { within } from '../within.ts';
import type { AuditPlace, PlacedAuditPage } from './view.ts';

export interface MeshAuditOptions {
  readonly mesh: Mesh;
  readonly log: Pick<AuditLog, 'search'>;
  readonly clock: Clock;
}

const gatherMs = 500;
const pageBytes = 512 * 1024;

/** The audit logs of all nodes as one, gathered when it is read. */
export class MeshAudit {
  constructor(private readonly options: MeshAuditOptions) {
    options.mesh.answer({ 'read.audit': (_from, query) => this.#own(query) });
  }

  /** @param place where the page before ended; each node counts its own entries */
  async page(query: Omit<AuditQuery, 'before'>, place: AuditPlace = {}): Promise<PlacedAuditPage> {
    const { mesh, clock } = this.options;
    const nodes = [...mesh.presence.nodes.values()];
    const silent = new Set(nodes.map(({ name }) => name));
    const parts = [
      { node: mesh.self.name, ...this.#own({ ...query, before: place[mesh.self.name] ?? null }) },
    ];
    const asked = nodes
      .filter(({ stale }) => !stale)
      .map(async ({ life, name: node }) => {
        const part = { ...query, before: place[node] ?? null };
        const answer = await mesh.wire.ask(life, 'read.audit', part, gatherMs).catch(() => undefined);
        if (!answer || !silent.delete(node)) return;
        parts.push({ node, ...answer });
      });
    await within(clock, gatherMs, Promise.all(asked));
    return { ...cut(parts, query.limit, place), silent: [...silent].sort() };
  }

  #own({ text, roomId, before, limit }: AuditQuery): AuditPage {
    const search = { text: text ?? undefined, roomId: roomId ?? undefined, before: before ?? undefined };
    const found = this.options.log.search({ ...search, limit: limit + 1 });
    const entries: AuditEntry[] = [];
    let left = pageBytes;
    for (const entry of found.slice(0, limit)) {
      left -= JSON.stringify(entry).length;
      if (left < 0 && entries.length > 0) break;
      entries.push(entry);
    }
    return { entries, more: found.length > entries.length };
  }
}

interface Part extends AuditPage {
  readonly node: string;
}

/** The newest entries of all parts, and where the next page begins in each. */
function cut(parts: readonly Part[], limit: number, place: AuditPlace) {
  const all = parts.flatMap(({ node, entries }) => entries.map((entry) => ({ ...entry, node })));
  const sorted = all.sort((one, other) => other.time - one.time || other.id - one.id);
  const entries = sorted.slice(0, limit);
  const next: Record<string, number> = { ...place };
  for (const { node, id } of entries) next[node] = Math.min(next[node] ?? id, id);
  const isMore = sorted.length > limit || parts.some(({ more }) => more);
  return { entries, next: isMore ? next : null };
}
