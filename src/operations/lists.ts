import { type ListItems, type ListName, type ListOf, readList } from '../cluster/reads/lists.ts';
import { SfuError } from '../core/errors.ts';
import type { OperationContext } from './operation.ts';
import { pageById, pageStart } from './paging.ts';

/** Lists of media over all nodes of a mesh, page by page: what this node has at once, the rest from the others. */

type Context = Pick<OperationContext, 'sfu' | 'mesh' | 'warn'>;
type Placed<T> = T & { readonly node?: string };

interface Wanted<L extends ListName> extends Partial<Omit<ListOf<L>, 'list' | 'roomId' | 'after' | 'limit'>> {
  readonly list: L;
  readonly roomId: string;
}

/** @throws SfuError not_found without such a room, or peer */
export async function pageEverywhere<L extends ListName>(
  context: Context,
  wanted: Wanted<L>,
  page: { readonly limit?: number; readonly cursor?: string },
) {
  const { after, limit } = pageStart(page);
  // One more tells whether there is another page.
  const items = await listEverywhere(context, { ...complete(wanted), after, limit: limit + 1 });
  return pageById(items, page);
}

/** A page of what one peer has of a list. That is all on one node, so which one it is stays out. */
export async function pageOfPeer<L extends Exclude<ListName, 'consumers'>>(
  context: Context,
  wanted: { readonly list: L; readonly roomId: string; readonly peerId: string },
  page: { readonly limit?: number; readonly cursor?: string },
) {
  const { items, nextCursor } = await pageEverywhere(context, wanted, page);
  return { items: items.map(({ node: _, ...item }) => item), nextCursor };
}

/** One object of a list: on this node at once, else on another one. @throws SfuError not_found, unconfirmed */
export function findEverywhere<L extends ListName>(
  context: Context,
  wanted: Wanted<L> & { readonly id: string },
): Placed<ListItems[L]> | Promise<Placed<ListItems[L]>> {
  const { sfu, mesh } = context;
  const query = { ...complete(wanted), after: null, limit: 1 };
  const [own] = readList(sfu.read, query) ?? [];
  if (own) return mesh ? { ...own, node: mesh.self } : own;
  const missing = () => {
    const what = wanted.list.replace(/s$/, '').replace(/P/, ' p').replace(/C/, ' c');
    return new SfuError(
      'not_found',
      `there is no ${what} "${wanted.id}" in room "${wanted.roomId}"; it may have been closed`,
    );
  };
  if (!mesh) throw missing();
  return mesh.list(query).then(({ items: [found], silent }) => {
    if (found) return found;
    if (silent.length > 0) throw unconfirmed(silent);
    throw missing();
  });
}

/** Statistics of a media object on any node. @throws SfuError not_found, gone */
export async function statisticsEverywhere(
  { sfu, mesh }: Context,
  { node, ...object }: { readonly roomId: string; readonly id: string; readonly node?: string },
): Promise<readonly object[]> {
  const isHere = !mesh || node === mesh.self;
  const found = isHere ? await sfu.read.statistics(object) : await mesh.statistics(object);
  if (found) return found;
  throw new SfuError('not_found', `there is no "${object.id}" in room "${object.roomId}" any more`);
}

async function listEverywhere<L extends ListName>(
  { sfu, mesh, warn }: Context,
  query: ListOf<L>,
): Promise<readonly Placed<ListItems[L]>[]> {
  const { roomId, peerId, list } = query;
  const own = readList(sfu.read, query);
  const isWhole = !mesh || (own && list !== 'consumers');
  if (!own && !mesh) throw missingOwner(query);
  const here = (own ?? []).map((item) => (mesh ? { ...item, node: mesh.self } : item));
  if (isWhole) return here;
  const { items, found, silent } = await mesh.list(query);
  if (!own && !found) throw silent.length > 0 ? unconfirmed(silent) : missingOwner({ roomId, peerId, list });
  if (silent.length > 0) warn?.(`what ${silent.join(', ')} has is missing: it did not answer`);
  return [...here, ...items];
}

function complete<L extends ListName>(wanted: Wanted<L>) {
  return { peerId: null, producerId: null, kind: null, id: null, ...wanted };
}

function missingOwner({
  roomId,
  peerId,
  list,
}: Pick<ListOf<ListName>, 'roomId' | 'peerId' | 'list'>): SfuError {
  if (list === 'consumers' || peerId === null)
    return new SfuError('not_found', `there is no room "${roomId}"; it may have ended`);
  return new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
}

function unconfirmed(silent: readonly string[]): SfuError {
  return new SfuError(
    'unconfirmed',
    `${silent.join(', ')} did not answer, and may have it; ask again when they are heard`,
  );
}
