import { carriedBy } from '../../src/cluster/reads/view.ts';
import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { bitrate, count, duration } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { type Column, Pager, pageOf, type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, Empty, Locked, PageHead, SearchForm } from '../panel/parts.tsx';
import { matches, nameOf, nodesOf, scoreTone, worstScore } from './quality.ts';

const pageSize = 50;

/** People whom a search lists under their room; the room's page has all. */
const maxListed = 6;

interface Found {
  readonly room: RoomSnapshot;
  /** The people in it whom the search has found. */
  readonly people: readonly PeerSnapshot[];
  readonly producers: number;
  readonly consumers: number;
  readonly flow: number;
  readonly score: number | null;
}

/** In the order of the columns; on a narrow screen the first ones come first. */
const columns = {
  name: { title: 'Room', rises: true, by: (a: Found, b: Found) => a.room.id.localeCompare(b.room.id) },
  peers: { title: 'Peers', by: (a: Found, b: Found) => b.room.peers.length - a.room.peers.length },
  bitrate: { title: 'Bitrate', by: (a: Found, b: Found) => b.flow - a.flow },
  score: { title: 'Worst score', rises: true, by: (a: Found, b: Found) => (a.score ?? 11) - (b.score ?? 11) },
  age: { title: 'Age', by: (a: Found, b: Found) => a.room.openedAt - b.room.openedAt },
  producers: { title: 'Producers', by: (a: Found, b: Found) => b.producers - a.producers },
  consumers: { title: 'Consumers', by: (a: Found, b: Found) => b.consumers - a.consumers },
} as const;
type SortKey = keyof typeof columns;

/** Every room of the node. One page of rows is rendered, however many rooms there are. */
export const roomsPanel = definePanel({
  id: 'rooms',
  title: 'Rooms',
  icon: 'rooms',
  path: '/rooms',
  role: 'viewer',
  view(context) {
    const rooms = context.monitor.rooms();
    const sorted = search(context, rooms);
    const { at, pages, shown } = pageOf(sorted, context.query.get('page'), pageSize);
    return (
      <>
        {live(
          'head',
          <div id="head">
            <PageHead title="Rooms" note={noteOf(rooms.length, sorted.length)} />
          </div>,
        )}
        <SearchForm context={context} path="/rooms" label="Search rooms and people">
          <input type="hidden" name="sort" value={columnOf(context)} />
        </SearchForm>
        {live('rooms', <div id="rooms">{table(context, shown, rooms.length)}</div>)}
        {live(
          'pages',
          <div id="pages">
            <Pager label="Pages of rooms" at={at} pages={pages} to={(page) => pageLink(context, page)} />
          </div>,
        )}
      </>
    );
  },
});

function noteOf(all: number, found: number): string {
  return all === found ? count(all, 'room') : `${found} of ${count(all, 'room')}`;
}

function columnOf({ query }: PanelContext): SortKey {
  const wanted = query.get('sort') ?? 'peers';
  return Object.hasOwn(columns, wanted) ? (wanted as SortKey) : 'peers';
}

/** The rooms that fit the query, in the order of its column. */
function search(context: PanelContext, rooms: readonly RoomSnapshot[]): Found[] {
  const text = (context.query.get('q') ?? '').toLowerCase();
  const peopleIn = ({ peers }: RoomSnapshot) =>
    text === '' ? [] : peers.filter((peer) => matches(peer, text));
  const found = rooms.map((room) => ({ room, people: peopleIn(room) }));
  const fitting = found.filter(
    ({ room, people }) => people.length > 0 || room.id.toLowerCase().includes(text),
  );
  const by = columns[columnOf(context)].by;
  return fitting.map((each) => measured(context, each)).sort((a, b) => by(a, b) || columns.name.by(a, b));
}

function measured({ monitor }: PanelContext, { room, people }: Pick<Found, 'room' | 'people'>): Found {
  const carried = room.peers.map(carriedBy);
  const flow = monitor.measures.flow(carried.flatMap(({ transportIds }) => transportIds));
  return {
    room,
    people,
    producers: carried.reduce((sum, each) => sum + each.producers, 0),
    consumers: carried.reduce((sum, each) => sum + each.consumers, 0),
    flow: flow.incoming + flow.outgoing,
    score: worstScore(room.peers),
  };
}

function table(context: PanelContext, found: readonly Found[], all: number): JSX.Element {
  if (all === 0)
    return (
      <Empty
        title="No rooms"
        hint="A room opens when the first peer enters it. Try the call page at the start address."
      />
    );
  if (found.length === 0)
    return <Empty title="Nothing found" hint="Search for a part of a room's or a person's name." />;
  const q = context.query.get('q');
  const sortable = Object.entries(columns).map(([name, column]): Column => {
    const order = 'rises' in column ? 'ascending' : 'descending';
    return {
      title: column.title,
      look: name === 'name' ? undefined : 'number',
      href: context.link('/rooms', { q, sort: name }),
      sorted: columnOf(context) === name ? order : undefined,
    };
  });
  const shown = [...sortable.slice(0, 2), { title: 'Speaks' }, ...sortable.slice(2)];
  return <Table label="Rooms" gone="ended" columns={shown} rows={found.map((each) => row(context, each))} />;
}

function row(context: PanelContext, found: Found): Row {
  const { room, producers, consumers, flow, score } = found;
  const speaker = room.peers.find(({ id }) => id === room.activePeerId);
  return {
    id: htmlId('room', room.id),
    cells: [
      { html: nameCell(context, found) },
      room.peers.length,
      speaker ? nameOf(speaker) : '',
      bitrate(flow),
      score === null ? '–' : { html: <Badge text={String(score)} tone={scoreTone(score)} /> },
      duration(context.now - room.openedAt),
      producers,
      consumers,
    ],
  };
}

/** The room, with a link to each of the people whom the search has found there. */
function nameCell({ link }: PanelContext, { room, people }: Found): JSX.Element {
  const nodes = nodesOf(room);
  return (
    <>
      <a class="row-link" href={link('/room', { room: room.id })} safe>
        {room.id}
      </a>{' '}
      {room.locked ? <Locked /> : ''}
      {nodes.length === 0 ? '' : <span class="under" safe>{`on ${nodes.join(', ')}`}</span>}
      {people.length === 0 ? (
        ''
      ) : (
        <span class="found">
          {people.slice(0, maxListed).map((peer) => (
            <a href={link('/peer', { room: room.id, peer: peer.id })} safe>
              {nameOf(peer)}
            </a>
          ))}
          {people.length > maxListed ? (
            <span class="note" safe>{`and ${people.length - maxListed} more`}</span>
          ) : (
            ''
          )}
        </span>
      )}
    </>
  );
}

function pageLink({ link, query }: PanelContext, page: number): string {
  return link('/rooms', { q: query.get('q'), sort: query.get('sort'), page });
}
