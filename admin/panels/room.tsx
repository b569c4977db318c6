import type { PeerSnapshot, ProducerSnapshot, RoomSnapshot } from '../../src/sfu/snapshot.ts';
import { hasRole } from '../../src/store/users.ts';
import { Level } from '../html/chart.tsx';
import { bitrate, count, duration } from '../html/format.ts';
import { ActionLink, Badge, Empty, Moment, PageHead } from '../html/parts.tsx';
import { htmlId, live } from '../html/regions.ts';
import { definePanel, type PanelContext } from '../panel.ts';
import { peerActions } from './peer-actions.tsx';
import { PeerDetails } from './peer-details.tsx';
import { nameOf, scoreTone, worstScore } from './quality.ts';
import { roomActions } from './room-actions.tsx';

/** One room: who is in it, who speaks, what each sends, and what can be done about it. */
export const roomPanel = definePanel({
  id: 'room',
  title: 'Room',
  path: '/room',
  unlisted: true,
  under: 'rooms',
  role: 'viewer',
  actions: { ...roomActions, ...peerActions },
  watches: (query) => ({ roomId: query.get('room') ?? '' }),
  view(context) {
    const roomId = context.query.get('room') ?? '';
    const room = context.monitor.room(roomId);
    return (
      <>
        {live('head', <div id="head">{head(context, roomId, room)}</div>)}
        <form id="selection" method="get" action={context.actionLink('room', 'remove-selected')}>
          <input type="hidden" name="room" value={roomId} />
          {live('bulk', <div id="bulk">{room && room.peers.length > 1 ? bulk(context) : ''}</div>)}
          {live(
            'peers',
            <div id="peers" class="peers" data-rows>
              {peers(context, room)}
            </div>,
          )}
        </form>
        <section>
          <h2>What happened</h2>
          {live('timeline', <div id="timeline">{timeline(context, roomId)}</div>)}
        </section>
      </>
    );
  },
});

function head(context: PanelContext, roomId: string, room: RoomSnapshot | undefined): JSX.Element {
  if (!room) return <PageHead title={roomId} note="ended" />;
  const { locked, peers: all, openedAt, workers } = room;
  const on = workers.length > 1 ? `workers ${workers.join(', ')}` : `worker ${workers[0] ?? '–'}`;
  const note = `${count(all.length, 'peer')}, open for ${duration(context.now - openedAt)}, ${on}${locked ? ', locked' : ''}${room.bitrateCap === null ? '' : `, at most ${bitrate(room.bitrateCap)} each`}`;
  const shared = { context, panelId: 'room', fields: { room: roomId } };
  return (
    <PageHead title={roomId} note={note}>
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

function bulk({ user, actionLink }: PanelContext): JSX.Element {
  if (!hasRole(user.role, 'moderator')) return '';
  const button = (name: 'remove-selected' | 'ban-selected') => (
    <button
      type="submit"
      class="button danger"
      formaction={actionLink('room', name)}
      hx-get={actionLink('room', name)}
      hx-include="#selection"
      hx-target="#dialog"
      hx-swap="innerHTML"
      safe
    >
      {`${roomActions[name].title}…`}
    </button>
  );
  return (
    <div class="bulk">
      {button('remove-selected')}
      {button('ban-selected')}
    </div>
  );
}

function peers(context: PanelContext, room: RoomSnapshot | undefined): JSX.Element {
  if (!room) return <Empty title="This room has ended" hint="It opens again when somebody enters it." />;
  if (room.peers.length === 0)
    return <Empty title="Nobody is here" hint="An empty room is closed after a while." />;
  return <>{room.peers.map((peer) => live(htmlId('peer', peer.id), card(context, room, peer)))}</>;
}

function card(context: PanelContext, room: RoomSnapshot, peer: PeerSnapshot): JSX.Element {
  const active = room.activePeerId === peer.id;
  const volume = room.speaking.find(({ peerId }) => peerId === peer.id)?.volume ?? null;
  const { device, address } = peer;
  const score = worstScore([peer]);
  const id = htmlId('peer', peer.id);
  return (
    <article id={id} class={active ? 'peer active' : 'peer'} aria-labelledby={`${id}-name`}>
      <header>
        {hasRole(context.user.role, 'moderator') ? (
          <input type="checkbox" name="peer" value={peer.id} aria-label={`Select ${nameOf(peer)}`} />
        ) : (
          ''
        )}
        <h3 id={`${id}-name`}>
          <a class="row-link" href={context.link('/peer', { room: room.id, peer: peer.id })} safe>
            {nameOf(peer)}
          </a>
        </h3>
        <Level volume={volume} />
        {active ? <Badge text="speaks" tone="accent" /> : ''}
        {peer.grants.moderate ? <Badge text="moderator" /> : ''}
        {peer.grants.hidden ? <Badge text="hidden" /> : ''}
        {peer.state === 'joined' ? '' : <Badge text="not joined yet" tone="warn" />}
        {score === null ? '' : <Badge text={`score ${score}`} tone={scoreTone(score)} />}
      </header>
      <p class="facts">
        <span safe>{peer.id}</span>
        <span safe>{[device.name, device.version].filter(Boolean).join(' ')}</span>
        <span safe>{address}</span>
        <span safe>{peer.joinedAt === null ? '' : `for ${duration(context.now - peer.joinedAt)}`}</span>
        {flow(context, peer)}
      </p>
      <ul class="publications">
        {peer.producers.map((producer) => publication(context, room, peer, producer))}
      </ul>
      {actions(context, room, peer)}
      <PeerDetails context={context} room={room} peer={peer} />
    </article>
  );
}

function flow({ monitor }: PanelContext, peer: PeerSnapshot): JSX.Element {
  const { incoming, outgoing } = monitor.flow(peer);
  return <span class="number" safe>{`sends ${bitrate(incoming)}, gets ${bitrate(outgoing)}`}</span>;
}

/** One thing that a peer sends, and the hold on it. */
export function publication(
  context: PanelContext,
  room: Pick<RoomSnapshot, 'id'>,
  peer: PeerSnapshot,
  producer: ProducerSnapshot,
): JSX.Element {
  const held = producer.pausedBy.includes('moderator');
  const fields = { room: room.id, peer: peer.id, producer: producer.id };
  const shared = { context, panelId: 'room', fields, of: `${producer.source} of ${nameOf(peer)}` };
  return (
    <li>
      <span class="source" safe>
        {`${producer.source}, ${producer.codec}`}
      </span>
      {held ? (
        <Badge text="muted by a moderator" tone="warn" />
      ) : producer.paused ? (
        <Badge text="paused" />
      ) : (
        ''
      )}
      {held ? (
        <ActionLink {...shared} name="allow" action={peerActions.allow} />
      ) : (
        <ActionLink {...shared} name="mute" action={peerActions.mute} />
      )}
    </li>
  );
}

/** What can be done with a peer. */
export function actions(
  context: PanelContext,
  room: Pick<RoomSnapshot, 'id'>,
  peer: PeerSnapshot,
  from = 'room',
): JSX.Element {
  const fields = { room: room.id, peer: peer.id, from: from === 'room' ? undefined : from };
  const shared = { context, panelId: 'room', fields, of: nameOf(peer) };
  const may = peer.publish !== false;
  const name = may ? 'stop-publishing' : 'allow-publishing';
  return (
    <div class="actions">
      <ActionLink {...shared} name="peer-notice" action={peerActions['peer-notice']} caption="Notice" />
      <ActionLink {...shared} name={name} action={peerActions[name]} />
      <ActionLink {...shared} name="remove" action={peerActions.remove} />
      <ActionLink {...shared} name="ban" action={peerActions.ban} />
    </div>
  );
}

function timeline({ monitor }: PanelContext, roomId: string): JSX.Element {
  const entries = monitor.timelines.room(roomId).slice(0, 60);
  if (entries.length === 0)
    return <Empty title="Nothing yet" hint="Who joins, leaves, publishes and speaks up is told here." />;
  return (
    <ol class="timeline">
      {entries.map(({ time, text, bad }) => (
        <li class={bad ? 'bad' : ''}>
          <Moment time={time} short /> <span safe>{text}</span>
        </li>
      ))}
    </ol>
  );
}
