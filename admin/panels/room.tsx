import type { RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { hasRole } from '../../src/store/roles.ts';
import { bitrate, count, duration } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { Pager, pageOf } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { ActionLink, Empty, Locked, PageHead, SearchForm } from '../panel/parts.tsx';
import { bySubject } from './connections.tsx';
import { peerActions } from './peer-actions.tsx';
import { PeerCard } from './peer-card.tsx';
import { matches, nodesOf } from './quality.ts';
import { roomActions } from './room-actions.tsx';
import { selectedActions } from './selected-actions.tsx';
import { TimelineList } from './timeline-list.tsx';
import { Unreachable } from './unreachable.tsx';
import { WatchBox } from './watch-box.tsx';

/** Cards on one page. */
const pageSize = 50;

/** One room: who is in it, who speaks, what each sends, and the actions on them. */
export const roomPanel = definePanel({
  id: 'room',
  title: 'Room',
  path: '/room',
  unlisted: true,
  under: 'rooms',
  role: 'viewer',
  actions: { ...roomActions, ...peerActions, ...selectedActions },
  watches: (query) => ({ roomId: query.get('room') ?? '' }),
  view(context) {
    const roomId = context.query.get('room') ?? '';
    const room = context.monitor.room(roomId);
    return (
      <>
        {live('head', <div id="head">{head(context, roomId, room)}</div>)}
        {live(
          'unreachable',
          <div id="unreachable" role="status">
            {room ? <Unreachable room={room} /> : ''}
          </div>,
        )}
        <div class="tools">
          <SearchForm context={context} path="/room" label="Search people here">
            <input type="hidden" name="room" value={roomId} />
          </SearchForm>
          {WatchBox({ context, roomId })}
        </div>
        <form id="selection" method="get" action={context.actionLink('room', 'remove-selected')}>
          <input type="hidden" name="room" value={roomId} />
          <h2 class="unseen">People</h2>
          {live(
            'peers',
            <div id="peers" class="peers" data-rows="People" data-gone="left">
              {peers(context, room)}
            </div>,
          )}
          {live('bulk', <div id="bulk">{room ? bulk(context) : ''}</div>)}
        </form>
        <section>
          <h2>What happened</h2>
          <p class="note">
            <a href={context.link('/history', { room: roomId })}>
              Earlier, and with how each peer was connected
            </a>
          </p>
          {live('timeline', <div id="timeline">{timeline(context, roomId)}</div>)}
        </section>
      </>
    );
  },
});

function head(context: PanelContext, roomId: string, room: RoomSnapshot | undefined): JSX.Element {
  if (!room) return <PageHead title={roomId} note="ended" />;
  const { locked, peers: all, openedAt } = room;
  const on = placeOf(room);
  const note = `${count(all.length, 'peer')}, open for ${duration(context.now - openedAt)}, ${on}${room.bitrateCap === null ? '' : `, at most ${bitrate(room.bitrateCap)} each`}`;
  const shared = { context, panelId: 'room', fields: { room: roomId } };
  return (
    <PageHead title={roomId} badge={locked ? <Locked /> : ''} note={note}>
      <ActionLink {...shared} name="notice" action={roomActions.notice} />
      <ActionLink {...shared} name="mute-all" action={roomActions['mute-all']} />
      {locked ? (
        <ActionLink {...shared} name="unlock" action={roomActions.unlock} />
      ) : (
        <ActionLink {...shared} name="lock" action={roomActions.lock} />
      )}
      <ActionLink {...shared} name="cap" action={roomActions.cap} />
      {context.config.workers > 1 ? <ActionLink {...shared} name="move" action={roomActions.move} /> : ''}
      <ActionLink {...shared} name="close" action={roomActions.close} />
    </PageHead>
  );
}

/** The workers that carry it; in a mesh the nodes. */
function placeOf(room: RoomSnapshot): string {
  const nodes = nodesOf(room);
  if (nodes.length > 0) return `on ${nodes.join(', ')}`;
  const { workers } = room;
  return workers.length > 1 ? `workers ${workers.join(', ')}` : `worker ${workers[0] ?? '–'}`;
}

const captions = {
  'mute-selected': 'Mute',
  'notice-selected': 'Notice',
  'remove-selected': 'Remove',
  'ban-selected': 'Remove and ban',
} as const satisfies Record<keyof typeof selectedActions, string>;

/** The bar at the bottom of the screen while peers are selected. */
function bulk({ user, actionLink }: PanelContext): JSX.Element {
  if (!hasRole(user.role, 'moderator')) return '';
  const button = (name: keyof typeof selectedActions) => (
    <button
      type="submit"
      class={'danger' in selectedActions[name] ? 'button danger' : 'button'}
      formaction={actionLink('room', name)}
      hx-get={actionLink('room', name)}
      hx-include="#selection"
      hx-target="#dialog"
      hx-swap="innerHTML"
      safe
    >
      {`${captions[name]}…`}
    </button>
  );
  return (
    <div class="bulk">
      <span class="note" id="selected-count" role="status">
        Selected:
      </span>
      <button type="button" class="button only-live" data-select="all">
        Select all
      </button>
      <button type="button" class="button only-live" data-select="none">
        Clear
      </button>
      <span class="gap" />
      {button('mute-selected')}
      {button('notice-selected')}
      {button('remove-selected')}
      {button('ban-selected')}
    </div>
  );
}

function peers(context: PanelContext, room: RoomSnapshot | undefined): JSX.Element {
  if (!room) return <Empty title="This room has ended" hint="It opens again when somebody enters it." />;
  if (room.peers.length === 0)
    return <Empty title="Nobody is here" hint="An empty room is closed after a while." />;
  const text = (context.query.get('q') ?? '').toLowerCase();
  const found = bySubject(room.peers.filter((peer) => matches(peer, text)));
  if (found.length === 0)
    return <Empty title="Nobody found" hint="Search for a part of a name, of a peer id or of a subject." />;
  const { at, pages, shown } = pageOf(found, context.query.get('page'), pageSize);
  const to = (page: number) => context.link('/room', { room: room.id, q: text, page });
  return (
    <>
      {shown.map((peer) =>
        live(htmlId('peer', peer.id), <PeerCard context={context} room={room} peer={peer} />),
      )}
      <Pager label="Pages of people" at={at} pages={pages} to={to} />
    </>
  );
}

function timeline({ monitor }: PanelContext, roomId: string): JSX.Element {
  const isHere = monitor.snapshot().rooms.some(({ id }) => id === roomId);
  const entries = monitor.timelines.room(roomId);
  if (entries.length === 0)
    return isHere || monitor.self === undefined ? (
      <Empty title="Nothing yet" hint="Joins, departures and publications are shown here." />
    ) : (
      <Empty
        title="Not on this node"
        hint="What happened is shown on the dashboards of the nodes of this room."
      />
    );
  return <TimelineList entries={entries} />;
}
