import type { TimelineLine, TimelineSearch } from '../../src/store/timeline-lines.ts';
import type { PanelContext } from '../panel/panel.ts';

/** What the page History reads: from this node, and in a mesh from every one. */

export const searchTexts = ['room', 'peer', 'address'] as const;
export const searchMoments = ['from', 'until'] as const;

const pageSize = 100;
/** As many lines as a stay has at most, and one for its end. */
const mostLinesOfStay = 301;

/** In a mesh with the node where it happened. */
export type ShownLine = TimelineLine & { readonly node?: string };

export interface HistoryPage {
  readonly lines: readonly ShownLine[];
  /** The `before` of older ones; undefined at the end. */
  readonly older: string | undefined;
  /** How far back each node looks that answered. `name` is undefined for a server that is alone. */
  readonly kept: readonly { readonly name?: string; readonly since: number | null; readonly hours: number }[];
  /** Nodes that did not answer. */
  readonly silent: readonly string[];
}

export interface History {
  readonly page: HistoryPage;
  /** The stay that is looked at, in place of a search. */
  readonly sessionId: string | null;
  /** What is wrong with what is searched by. */
  readonly wrong: string | undefined;
}

export async function readHistory(context: PanelContext): Promise<History> {
  const sessionId = context.query.get('session');
  if (sessionId !== null) {
    const page = await readPage(context, { sessionId, limit: mostLinesOfStay }, null);
    return { page, sessionId, wrong: undefined };
  }
  const { search, wrong } = readSearch(context.query);
  const wanted = wrong === undefined ? search : { until: 0 };
  const page = await readPage(context, { ...wanted, limit: pageSize }, context.query.get('before'));
  return { page, sessionId, wrong };
}

async function readPage(
  { monitor, store }: PanelContext,
  search: Omit<TimelineSearch, 'before' | 'exceptOf'>,
  before: string | null,
): Promise<HistoryPage> {
  const gathered = await monitor.logs.timeline(search, before);
  if (gathered) {
    const { entries, older, nodes, silent } = gathered;
    const kept = nodes
      .map(({ node: name, ...each }) => ({ name, ...each }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    return { lines: entries, older, kept, silent };
  }
  const { timelines } = store;
  const { since = null, hours } = timelines;
  const lines = timelines.search({ ...search, before: Number(before) || undefined });
  const older = lines.length === search.limit ? lines.at(-1)?.id.toString() : undefined;
  return { lines, older, kept: [{ since, hours }], silent: [] };
}

function readSearch(query: URLSearchParams) {
  const given = (name: string) => query.get(name)?.trim() || undefined;
  const [from, until] = searchMoments.map((name) => readMoment(given(name)));
  const search = {
    roomId: given('room'),
    peer: given('peer'),
    address: given('address'),
    from,
    until,
    bad: query.get('bad') === '1',
  };
  const tooLong = searchTexts.some((name) => (given(name)?.length ?? 0) > 128);
  if (tooLong) return { search, wrong: 'An id, a name or an address has at most 128 characters.' };
  if ([from, until].every((time) => time === undefined || time >= 0)) return { search };
  return { search, wrong: 'A time is not one: give it as 2026-11-30T14:02, in UTC.' };
}

/** What a field of date and time has, which says no zone. */
function readMoment(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text}Z`);
}
