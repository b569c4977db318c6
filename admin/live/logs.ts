import type { MeshView, PlacedAuditPage, PlacedTimelinePage } from '../../src/cluster/reads/view.ts';

type Page<P> = Omit<P, 'next'> & {
  /** The `before` of the page with older entries; undefined at the end. */
  readonly older: string | undefined;
};

/** The logs of all nodes of a mesh, page by page, by the `before` of a page's address. Undefined for a server that is alone. */
export class Logs {
  constructor(private readonly mesh: Pick<MeshView, 'audit' | 'timeline'> | undefined) {}

  /** Who did what. */
  async audit(
    query: Parameters<MeshView['audit']>[0],
    before: string | null,
  ): Promise<Page<PlacedAuditPage> | undefined> {
    return withOlder(await this.mesh?.audit(query, readPlace(before)));
  }

  /** What happened. */
  async timeline(
    wanted: Parameters<MeshView['timeline']>[0],
    before: string | null,
  ): Promise<Page<PlacedTimelinePage> | undefined> {
    return withOlder(await this.mesh?.timeline(wanted, readPlace(before)));
  }
}

function withOlder<P extends { readonly next: object | null }>(page: P | undefined): Page<P> | undefined {
  if (!page) return undefined;
  const { next, ...shown } = page;
  return { ...shown, older: next === null ? undefined : JSON.stringify(next) };
}

/** An address that somebody changed begins at the newest entry. */
function readPlace(text: string | null): Record<string, number> {
  try {
    const place: unknown = JSON.parse(text ?? '');
    const isPlace = typeof place === 'object' && place !== null;
    if (isPlace && Object.values(place).every(Number.isSafeInteger)) return place as Record<string, number>;
  } catch {
    // The same.
  }
  return {};
}
