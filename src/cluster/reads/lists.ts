import { SfuError } from '../../core/errors.ts';
import type { ReadModel } from '../../sfu/rooms/read-model.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import { askEach } from '../ask-each.ts';
import { type ListItems, type ListName, type ListQuery, listChecks } from '../list-schemas.ts';
import type { Mesh } from '../mesh.ts';
import type { RequestData } from '../messages.ts';

export type { ListItems, ListName };

export interface MeshListsOptions {
  readonly mesh: Mesh;
  readonly sfu: Pick<Sfu, 'read'>;
}

export type ListOf<L extends ListName> = ListQuery & { readonly list: L };
type Placed<T> = T & { readonly node: string };

/** What the other nodes have of a list. */
export interface PlacedList<T> {
  readonly items: readonly Placed<T>[];
  /** Whether any of them has the room, or the peer that was asked for. */
  readonly found: boolean;
  /** Names of nodes that did not answer: theirs are missing. */
  readonly silent: readonly string[];
}

const askMs = 500;

/** Consumers, transports, data channels and statistics of other nodes. */
export class MeshLists {
  constructor(private readonly options: MeshListsOptions) {
    const { mesh, sfu } = options;
    mesh.answer({
      'read.list': (_from, query) => {
        const items = readList(sfu.read, query);
        return items && { items: [...items] };
      },
      'read.stats': (_from, query) => readStats(sfu.read, query),
    });
  }

  async list<L extends ListName>(query: ListOf<L>): Promise<PlacedList<ListItems[L]>> {
    const answers = await askEach(this.options.mesh, 'read.list', query, askMs);
    const check = listChecks[query.list];
    const items = answers.flatMap(({ node: { name: node }, answer }) =>
      (answer?.items ?? [])
        .filter((item) => check.Check(item))
        .map((item) => ({ ...item, node }) as unknown as Placed<ListItems[L]>),
    );
    const silent = answers.flatMap(({ node, answer }) => (answer === undefined ? [node.name] : []));
    return { items, found: answers.some(({ answer }) => answer), silent: silent.sort() };
  }

  /** @returns undefined when no other node has such an object, or does not answer */
  async statistics(query: RequestData<'read.stats'>): Promise<readonly object[] | undefined> {
    const answers = await askEach(this.options.mesh, 'read.stats', query, askMs);
    return answers.find(({ answer }) => answer)?.answer?.stats;
  }
}

/** A page of what this node has of a list; null when it does not have the room, or the peer. */
export function readList<L extends ListName>(
  read: ReadModel,
  query: ListOf<L>,
): readonly ListItems[L][] | null {
  const { list, roomId, peerId, producerId, kind, id, after, limit } = query;
  if (!read.hasRoom(roomId)) return null;
  const fits = (item: ListItems[ListName]) =>
    (id === null || item.id === id) && (after === null || item.id > after);
  const page = <T extends ListItems[ListName]>(items: readonly T[]) =>
    items
      .filter(fits)
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .slice(0, limit);
  if (list === 'consumers') {
    const consumers = read
      .consumers(roomId)
      .filter(
        (consumer) =>
          (peerId === null || consumer.peerId === peerId) &&
          (producerId === null || consumer.producerId === producerId) &&
          (kind === null || consumer.kind === kind),
      );
    return page(consumers) as unknown as readonly ListItems[L][];
  }
  if (peerId === null || !read.hasPeer(roomId, peerId)) return null;
  const ofPeer: readonly ListItems[ListName][] = read.peer(roomId, peerId)[list as Exclude<L, 'consumers'>];
  return page(ofPeer) as unknown as readonly ListItems[L][];
}

/** Null when this node has no such object: it may have ended. */
async function readStats(read: ReadModel, { roomId, id }: RequestData<'read.stats'>) {
  try {
    const stats = await read.statistics({ roomId, id });
    return { stats: stats.map((entry) => ({ ...entry })) };
  } catch (error) {
    if (error instanceof SfuError && error.code === 'not_found') return null;
    throw error;
  }
}
