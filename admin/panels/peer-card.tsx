import type { PeerSnapshot, ProducerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { hasRole } from '../../src/store/roles.ts';
import { Level } from '../html/chart.tsx';
import { bitrate, duration } from '../html/format.ts';
import { htmlId } from '../html/regions.ts';
import type { PanelContext } from '../panel/panel.ts';
import { ActionLink, Badge } from '../panel/parts.tsx';
import { OtherConnections } from './connections.tsx';
import { peerActions } from './peer-actions.tsx';
import { PeerDetails } from './peer-details.tsx';
import { causeText, nameOf, scoreTone, worstScore } from './quality.ts';
import { UnreachableBadges } from './unreachable.tsx';
import { WatchButton } from './watch-box.tsx';

export interface PeerProps {
  readonly context: PanelContext;
  readonly room: RoomSnapshot;
  readonly peer: PeerSnapshot;
}

/** A peer on the page of its room. */
export function PeerCard({ context, room, peer }: PeerProps): JSX.Element {
  const { device, address } = peer;
  const id = htmlId('peer', peer.id);
  return (
    <article
      id={id}
      class={room.activePeerId === peer.id ? 'peer active' : 'peer'}
      aria-labelledby={`${id}-name`}
    >
      {hasRole(context.user.role, 'moderator') ? (
        <input type="checkbox" name="peer" value={peer.id} aria-label={`Select ${nameOf(peer)}`} />
      ) : (
        ''
      )}
      <header>
        <h3 id={`${id}-name`}>
          <a class="row-link" href={context.link('/peer', { room: room.id, peer: peer.id })} safe>
            {nameOf(peer)}
          </a>
        </h3>
        <PeerState room={room} peer={peer} />
      </header>
      <OtherConnections context={context} room={room} peer={peer} />
      <Publications context={context} room={room} peer={peer} />
      <PeerMenu context={context} room={room} peer={peer} />
      <PeerDetails context={context} room={room} peer={peer}>
        <span class="facts">
          <span safe>{peer.id}</span>
          <span safe>{[device.name, device.version].filter(Boolean).join(' ')}</span>
          <span safe>{address}</span>
          <span safe>{peer.joinedAt === null ? '' : `for ${duration(context.now - peer.joinedAt)}`}</span>
          {context.monitor.isHere(peer) ? flow(context, peer) : ''}
        </span>
      </PeerDetails>
    </article>
  );
}

/** Whether the peer speaks, how loud, and how good its connection is. */
export function PeerState({ room, peer }: Omit<PeerProps, 'context'>): JSX.Element {
  const volume = room.speaking.find(({ peerId }) => peerId === peer.id)?.volume ?? null;
  const score = worstScore([peer]);
  const quality = [`score ${score}`, causeText(peer)].filter(Boolean).join(', ');
  return (
    <>
      <Level volume={volume} />
      {room.activePeerId === peer.id ? <Badge text="speaks" tone="accent" /> : ''}
      {peer.node === undefined ? '' : <Badge text={`on ${peer.node}`} />}
      {peer.grants.moderate ? <Badge text="moderator" /> : ''}
      {peer.grants.hidden ? <Badge text="hidden" /> : ''}
      {peer.state === 'joined' ? '' : <Badge text="not joined yet" tone="warn" />}
      {peer.movedFrom === undefined ? '' : <Badge text={`came from ${peer.movedFrom}`} />}
      {typeof peer.awaySince === 'number' ? <Badge text="away" tone="warn" /> : ''}
      {peer.publish === false ? <Badge text="may not publish" tone="warn" /> : ''}
      {peer.producers.map(({ source, paused, pausedBy }) =>
        pausedBy.includes('moderator') ? (
          <Badge text={`${source} muted by a moderator`} tone="warn" />
        ) : paused ? (
          <Badge text={`${source} paused`} />
        ) : (
          ''
        ),
      )}
      <UnreachableBadges room={room} peer={peer} />
      {score === null ? '' : <Badge text={quality} tone={scoreTone(score)} />}
    </>
  );
}

function flow({ monitor }: PanelContext, peer: PeerSnapshot): JSX.Element {
  const { incoming, outgoing } = monitor.flow(peer);
  const trip = monitor.measures.roundTrip(peer.sessionId);
  return (
    <>
      <span safe>{trip === null ? '' : `round trip ${Math.round(trip)} ms`}</span>
      <span class="number" safe>{`sends ${bitrate(incoming)}, gets ${bitrate(outgoing)}`}</span>
    </>
  );
}

/** What a peer sends. */
export function Publications(props: PeerProps): JSX.Element {
  return <ul class="publications">{props.peer.producers.map((producer) => publication(props, producer))}</ul>;
}

/** One publication, with the button that mutes it or allows it again. Its state stands elsewhere: it would move the buttons. */
function publication({ context, room, peer }: PeerProps, producer: ProducerSnapshot): JSX.Element {
  const muted = producer.pausedBy.includes('moderator');
  const fields = { room: room.id, peer: peer.id, producer: producer.id };
  const shared = { context, panelId: 'room', fields, of: `${producer.source} of ${nameOf(peer)}` };
  return (
    <li>
      <span class="source" title={producer.codec} safe>
        {producer.source}
      </span>
      {muted ? (
        <ActionLink {...shared} name="allow" action={peerActions.allow} />
      ) : (
        <ActionLink {...shared} name="mute" action={peerActions.mute} />
      )}
    </li>
  );
}

/** The actions on a peer of a list: one button for each would be many, and too near to each other. */
function PeerMenu(props: PeerProps): JSX.Element {
  if (!hasRole(props.context.user.role, 'moderator')) return '';
  const id = htmlId('menu', props.peer.id);
  return (
    <details class="menu" id={id} name="menu">
      <summary class="button" aria-label={`Actions: ${nameOf(props.peer)}`}>
        Actions
      </summary>
      <PeerButtons {...props}>
        <WatchButton context={props.context} peerId={props.peer.id} />
      </PeerButtons>
    </details>
  );
}

/** The actions on a peer. `from` is set on the peer's own page. */
export function PeerButtons({
  context,
  room,
  peer,
  from,
  children,
}: PeerProps & { from?: 'peer'; children?: JSX.Element }): JSX.Element {
  const fields = { room: room.id, peer: peer.id, from };
  const shared = { context, panelId: 'room', fields, of: nameOf(peer) };
  const may = peer.publish !== false;
  const name = may ? 'stop-publishing' : 'allow-publishing';
  return (
    <div class="actions">
      {(children ?? '') as 'safe'}
      <ActionLink
        {...shared}
        name="peer-notice"
        action={peerActions['peer-notice']}
        caption="Notice"
        hotkey="n"
      />
      <ActionLink {...shared} name={name} action={peerActions[name]} />
      {context.captures ? <ActionLink {...shared} name="capture" action={peerActions.capture} /> : ''}
      <ActionLink {...shared} name="remove" action={peerActions.remove} hotkey="r" />
      <ActionLink {...shared} name="ban" action={peerActions.ban} hotkey="b" />
    </div>
  );
}
