import { dateTime } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { type Cell, type Column, Older, type Row, Table } from '../html/table.tsx';
import { definePanel, type LinkQuery, type PanelContext } from '../panel/panel.ts';
import { Empty, Moment, PageHead } from '../panel/parts.tsx';
import {
  type History,
  type HistoryPage,
  readHistory,
  type ShownLine,
  searchMoments,
  searchTexts,
} from './history-reading.ts';
import { Stay } from './stay.tsx';

/** What happened in calls, also in those that are over: by room, peer, address and time. */
export const historyPanel = definePanel({
  id: 'history',
  title: 'History',
  icon: 'history',
  path: '/history',
  role: 'viewer',
  prepare: readHistory,
  view(context, { sessionId, page, wrong }: History) {
    if (sessionId !== null) return <Stay context={context} page={page} />;
    const { older } = page;
    return (
      <>
        <PageHead title="History" note={keptSince(page)} />
        <Filters context={context} />
        {wrong === undefined ? (
          ''
        ) : (
          <p class="note" role="alert" safe>
            {wrong}
          </p>
        )}
        {live(
          'history',
          <div id="history">
            <Parts page={page} />
            {table(context, page)}
          </div>,
        )}
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

const captions = { room: 'Room', peer: 'Peer', address: 'Address', from: 'From (UTC)', until: 'Until (UTC)' };
const hints = { room: 'its id', peer: 'id, or beginning of the name', address: '198.51.100.23' };

/** A form for what is searched by. */
function Filters({ context }: { context: PanelContext }): JSX.Element {
  const { query } = context;
  return (
    <search>
      <form class="filters" method="get" action={context.link('/history')}>
        {searchTexts.map((name) => (
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
        {searchMoments.map((name) => (
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

function givenFields({ query }: PanelContext) {
  return Object.fromEntries([...searchTexts, ...searchMoments, 'bad'].map((name) => [name, query.get(name)]));
}

const columns: readonly Column[] = [
  { title: 'When' },
  { title: 'What', look: 'wide' },
  { title: 'Room' },
  { title: 'Peer' },
  { title: 'Address', look: 'code' },
];
const columnsInMesh: readonly Column[] = [...columns, { title: 'Node' }];

/** Lines as rows, the newest first. */
function table(context: PanelContext, { lines, kept }: HistoryPage): JSX.Element {
  if (kept.every(({ hours }) => hours === 0))
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
  const isMesh = context.monitor.self !== undefined;
  return (
    <Table
      label="What happened"
      columns={isMesh ? columnsInMesh : columns}
      rows={lines.map((line) => row(context, line))}
    />
  );
}

function row(context: PanelContext, line: ShownLine): Row {
  const { id, time, text, bad, roomId, peerId, sessionId, address, node } = line;
  const toHistory = (shown: string | null, query: LinkQuery) =>
    linkCell(shown, context.link('/history', query));
  return {
    id: `line-${node === undefined ? '' : `${htmlId('node', node)}-`}${id}`,
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
      ...(node === undefined ? [] : [node]),
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

/** How far back the page looks, where that is the same everywhere. */
function keptSince({ kept }: HistoryPage): string {
  const [only, ...others] = kept;
  return !only || others.length > 0 || only.since === null || only.hours === 0
    ? ''
    : `since ${dateTime(only.since)} UTC`;
}

/** What is not here, and how far back each node of a mesh looks. */
function Parts({ page: { kept, silent } }: { page: HistoryPage }): JSX.Element {
  const parts = kept.map(({ name, since, hours }) => {
    if (hours === 0) return `${name} keeps nothing`;
    return since === null ? `${name} has nothing yet` : `${name} since ${dateTime(since).slice(0, 16)}`;
  });
  return (
    <>
      {silent.length === 0 ? (
        ''
      ) : (
        <p
          class="note"
          role="alert"
          safe
        >{`${silent.join(', ')} did not answer: what happened there is missing.`}</p>
      )}
      {kept.length < 2 ? '' : <p class="note" safe>{`What each node kept (UTC): ${parts.join('; ')}.`}</p>}
    </>
  );
}
