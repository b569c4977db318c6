import type { Clock } from '../../core/clock.ts';
import type { AuditEntry, AuditLog } from '../../store/audit.ts';
import type { Mesh } from '../mesh.ts';
import type { AuditPage, AuditQuery } from '../read-schemas.ts';
import { gatherMs, gatherNewest, partOf } from './newest.ts';
import type { LogPlace, PlacedAuditPage } from './view.ts';

export interface MeshAuditOptions {
  readonly mesh: Mesh;
  readonly log: Pick<AuditLog, 'search'>;
  readonly clock: Clock;
}

/** The audit logs of all nodes as one. */
export class MeshAudit {
  constructor(private readonly options: MeshAuditOptions) {
    options.mesh.answer({ 'read.audit': (_from, query) => this.#own(query) });
  }

  /** @param place where the page before ended; each node counts its own entries */
  async page(query: Omit<AuditQuery, 'before'>, place: LogPlace = {}): Promise<PlacedAuditPage> {
    const { mesh, clock } = this.options;
    const { limit } = query;
    const { entries, next, silent } = await gatherNewest<AuditEntry, AuditPage>({
      ...{ mesh, clock, limit, place },
      own: (before) => this.#own({ ...query, before }),
      ask: (life, before) => mesh.wire.ask(life, 'read.audit', { ...query, before }, gatherMs),
    });
    return { entries, next, silent };
  }

  #own({ text, roomId, before, limit }: AuditQuery): AuditPage {
    const search = { text: text ?? undefined, roomId: roomId ?? undefined, before: before ?? undefined };
    return partOf(this.options.log.search({ ...search, limit: limit + 1 }), limit);
  }
}
