import type { RoomSnapshot } from '../../src/sfu/snapshot.ts';
import { bitrate, count, duration } from '../html/format.ts';
import { Badge, Empty, PageHead, SearchForm, TableFrame } from '../html/parts.tsx';
import { htmlId, live } from '../html/regions.ts';
import { definePanel, type PanelContext } from '../panel.ts';
import { nameOf, scoreTone, worstScore } from './quality.ts';

const pageSize = 50;

interface Row {
  readonly room: RoomSnapshot;
  readonly producers: number;
  readonly consumers: number;
  readonly flow: number;
  readonly score: number | null;
}

const columns = {
  name: { title: 'Room', by: (a: Row, b: Row) => a.room.id.localeCompare(b.room.id) },
  age: { title: 'Age', by: (a: Row, b: Row) => a.room.openedAt - b.room.openedAt },
  peers: { title: 'Peers', by: (a: Row, b: Row) => b.room.peers.length - a.room.peers.length },
  producers: { title: 'Producers', by: (a: Row, b: Row) => b.producers - a.producers },
  consumers: { title: 'Consumers', by: (a: Row, b: Row) => b.consumers - a.consumers },
  bitrate: { title: 'Bitrate', by: (a: Row, b: Row) => b.flow - a.flow },
  score: { title: 'Worst score', by: (a: Row, b: Row) => (a.score ?? 11) - (b.score ?? 11) },
} as const;
type Column = keyof typeof columns;

/** Every room of the node. One page of rows is rendered, however many rooms there are. */
export const roomsPanel = definePanel({
  id: 'rooms',
  title: 'Rooms',
  icon: 'rooms',
  path: '/rooms',
  role: 'viewer',
  view(context) {
    const { rooms } = context.monitor.snapshot();
    const sorted = chosen(context, rooms);
    const pages = Math.max(1, Math.ceil(sorted.length / pageSize));
    const at = Math.min(pages, Math.max(1, Number(context.query.get('page')) || 1));
    const shown = sorted.slice((at - 1) * pageSize, at * pageSize);
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
        {live('pages', <div id="pages">{pager(context, at, pages)}</div>)}
      </>
    );
  },
});

function noteOf(all: number, found: number): string {
  return all === found ? count(all, 'room') : `${found} of ${count(all, 'room')}`;
}

function columnOf({ query }: PanelContext): Column {
  const wanted = query.get('sort') ?? 'peers';
  return Object.hasOwn(columns, wanted) ? (wanted as Column) : 'peers';
}

function chosen(context: PanelContext, rooms: readonly RoomSnapshot[]): Row[] {
  const text = (context.query.get('q') ?? '').toLowerCase();
  const fits = ({ id, peers }: RoomSnapshot) =>
    id.toLowerCase().includes(text) ||
    peers.some(
      (peer) => peer.displayName.toLowerCase().includes(text) || peer.id.toLowerCase().includes(text),
    );
  const found = text === '' ? rooms : rooms.filter(fits);
  const by = columns[columnOf(context)].by;
  return found.map((room) => row(context, room)).sort((a, b) => by(a, b) || columns.name.by(a, b));
}

function row({ monitor }: PanelContext, room: RoomSnapshot): Row {
  const flows = room.peers.map((peer) => monitor.flow(peer));
  return {
    room,
    producers: room.peers.reduce((sum, peer) => sum + peer.producers.length, 0),
    consumers: room.peers.reduce((sum, peer) => sum + peer.consumers.length, 0),
    flow: flows.reduce((sum, { incoming, outgoing }) => sum + incoming + outgoing, 0),
    score: worstScore(room.peers),
  };
}

function table(context: PanelContext, rows: readonly Row[], all: number): JSX.Element {
  if (all === 0)
    return (
      <Empty
        title="No rooms"
        hint="A room opens when the first peer enters it. Try the call page at the start address."
      />
    );
  if (rows.length === 0)
    return <Empty title="Nothing found" hint="Search for a part of a room's or a person's name." />;
  return (
    <TableFrame label="Rooms">
      <table data-rows>
        <thead>
          <tr>
            {Object.entries(columns).map(([name, { title }]) => heading(context, name, title))}
            <th scope="col">Speaks</th>
          </tr>
        </thead>
        <tbody>{rows.map((each) => live(htmlId('room', each.room.id), tableRow(context, each)))}</tbody>
      </table>
    </TableFrame>
  );
}

function heading(context: PanelContext, name: string, title: string): JSX.Element {
  const sorted = columnOf(context) === name;
  const q = context.query.get('q');
  return (
    <th scope="col" aria-sort={sorted ? 'descending' : undefined} class={name === 'name' ? '' : 'number'}>
      <a href={context.link('/rooms', { q, sort: name })} safe>
        {title}
      </a>
    </th>
  );
}

function tableRow(
  { link, now }: PanelContext,
  { room, producers, consumers, flow, score }: Row,
): JSX.Element {
  const speaker = room.peers.find(({ id }) => id === room.activePeerId);
  return (
    <tr id={htmlId('room', room.id)}>
      <td>
        <a class="row-link" href={link('/room', { room: room.id })} safe>
          {room.id}
        </a>{' '}
        {room.locked ? <Badge text="locked" tone="warn" /> : ''}
      </td>
      <td class="number" safe>
        {duration(now - room.openedAt)}
      </td>
      <td class="number">{room.peers.length}</td>
      <td class="number">{producers}</td>
      <td class="number">{consumers}</td>
      <td class="number" safe>
        {bitrate(flow)}
      </td>
      <td class="number">{score === null ? '–' : <Badge text={String(score)} tone={scoreTone(score)} />}</td>
      <td safe>{speaker ? nameOf(speaker) : ''}</td>
    </tr>
  );
}

function pager(context: PanelContext, at: number, pages: number): JSX.Element {
  if (pages === 1) return '';
  const to = (page: number) =>
    context.link('/rooms', { q: context.query.get('q'), sort: context.query.get('sort'), page });
  return (
    <nav class="pager" aria-label="Pages of rooms">
      {at > 1 ? (
        <a class="button" href={to(at - 1)} rel="prev">
          Previous
        </a>
      ) : (
        ''
      )}
      <span safe>{`Page ${at} of ${pages}`}</span>
      {at < pages ? (
        <a class="button" href={to(at + 1)} rel="next">
          Next
        </a>
      ) : (
        ''
      )}
    </nav>
  );
}
