import type { TimelineLine, TimelineSearch } from '../../src/store/timeline-lines.ts';
import { dateTime } from '../html/format.ts';
import { live } from '../html/regions.ts';
import { type Cell, type Column, Older, type Row, Table } from '../html/table.tsx';
import { definePanel, type LinkQuery, type PanelContext } from '../panel/panel.ts';
import { Empty, Moment, PageHead } from '../panel/parts.tsx';
import { Stay } from './stay.tsx';

const pageSize = 100;

/** What happened in calls, also in those that are over: by room, peer, address and time. */
export const historyPanel = definePanel({
  id: 'history',
  title: 'History',
  icon: 'history',
  path: '/history',
  role: 'viewer',
  view(context) {
    const sessionId = context.query.get('session');
    if (sessionId !== null) return <Stay context={context} sessionId={sessionId} />;
    const { search, wrong } = readSearch(context.query);
    const lines = wrong === undefined ? context.store.timelines.search({ ...search, limit: pageSize }) : [];
    const older = lines.length === pageSize ? lines.at(-1)?.id : undefined;
    return (
      <>
        <PageHead title="History" note={keptSince(context)} />
        {elsewhere(context)}
        <Filters context={context} />
        {wrong === undefined ? (
          ''
        ) : (
          <p class="note" role="alert" safe>
            {wrong}
          </p>
        )}
        {live('history', <div id="history">{table(context, lines)}</div>)}
        <Older
          label="Pages of the history"
          href={
            older === undefined
              ? undefined
              : context.link('/history', { ...givenFields(context), before: older })
          }
        />
      </>
    );
  },
});

const texts = ['room', 'peer', 'address'] as const;
const moments = ['from', 'until'] as const;
const captions = { room: 'Room', peer: 'Peer', address: 'Address', from: 'From (UTC)', until: 'Until (UTC)' };
const hints = { room: 'its id', peer: 'id, or beginning of the name', address: '198.51.100.23' };

/** A form for what is searched by. */
function Filters({ context }: { context: PanelContext }): JSX.Element {
  const { query } = context;
  return (
    <search>
      <form class="filters" method="get" action={context.link('/history')}>
        {texts.map((name) => (
          <label class="field">
            <span safe>{captions[name]}</span>
            <input
              name={name}
              value={query.get(name) ?? ''}
              placeholder={hints[name]}
              maxlength="128"
              autocomplete="off"
              spellcheck="false"
            />
          </label>
        ))}
        {moments.map((name) => (
          <label class="field">
            <span safe>{captions[name]}</span>
            <input type="datetime-local" name={name} value={query.get(name) ?? ''} />
          </label>
        ))}
        <label class="check">
          <input type="checkbox" name="bad" value="1" checked={query.get('bad') === '1'} />
          Only trouble
        </label>
        <button type="submit" class="button">
          Search
        </button>
      </form>
    </search>
  );
}

function readSearch(query: URLSearchParams): {
  search: Omit<TimelineSearch, 'limit'>;
  wrong?: string;
} {
  const given = (name: string) => query.get(name)?.trim() || undefined;
  const [from, until] = moments.map((name) => readMoment(given(name)));
  const search = {
    roomId: given('room'),
    peer: given('peer'),
    address: given('address'),
    from,
    until,
    bad: query.get('bad') === '1',
    before: Number(query.get('before')) || undefined,
  };
  if (!Number.isNaN(from) && !Number.isNaN(until)) return { search };
  return { search, wrong: 'A time is not one: give it as 2026-11-30T14:02, in UTC.' };
}

/** What a field of date and time has, which says no zone. */
function readMoment(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text}Z`);
}

function givenFields({ query }: PanelContext) {
  return Object.fromEntries([...texts, ...moments, 'bad'].map((name) => [name, query.get(name)]));
}

const columns: readonly Column[] = [
  { title: 'When' },
  { title: 'What', look: 'wide' },
  { title: 'Room' },
  { title: 'Peer' },
  { title: 'Address', look: 'code' },
];

/** Lines as rows, the newest first. */
function table(context: PanelContext, lines: readonly TimelineLine[]): JSX.Element {
  if (context.store.timelines.hours === 0)
    return (
      <Empty
        title="Nothing is kept"
        hint="TUREEN_TIMELINE_HOURS is 0: set it to the hours that you want to look back."
      />
    );
  if (lines.length === 0)
    return (
      <Empty
        title="Nothing found"
        hint="Ids and addresses have to be whole. What is older than TUREEN_TIMELINE_HOURS was deleted."
      />
    );
  return <Table label="What happened" columns={columns} rows={lines.map((line) => row(context, line))} />;
}

function row(context: PanelContext, line: TimelineLine): Row {
  const { id, time, text, bad, roomId, peerId, sessionId, address } = line;
  const toHistory = (shown: string | null, query: LinkQuery) =>
    linkCell(shown, context.link('/history', query));
  return {
    id: `line-${id}`,
    cells: [
      { html: <Moment time={time} /> },
      {
        html: (
          <span class={bad ? 'trouble' : ''} safe>
            {text}
          </span>
        ),
      },
      toHistory(roomId, { room: roomId }),
      sessionId === null ? (peerId ?? '') : toHistory(peerId, { session: sessionId }),
      toHistory(address, { address }),
    ],
  };
}

/** Empty where there is no text. */
function linkCell(text: string | null, href: string): Cell {
  if (!text) return '';
  return {
    html: (
      <a href={href} safe>
        {text}
      </a>
    ),
  };
}

function keptSince({ store }: PanelContext): string {
  const { since, hours } = store.timelines;
  return since === undefined || hours === 0 ? '' : `since ${dateTime(since)} UTC`;
}

/** Each node of a mesh has what happened there. */
function elsewhere({ monitor }: PanelContext): JSX.Element {
  const others = monitor.nodes().filter(({ self }) => !self);
  if (others.length === 0) return '';
  const names = others.map(({ name }) => name).join(', ');
  return (
    <p
      class="note"
      safe
    >{`What happened on this node. The dashboards of ${names} have what happened there.`}</p>
  );
}
