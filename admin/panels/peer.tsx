import type { CaptureState } from '../../src/commands/captures.ts';
import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Chart } from '../html/chart.tsx';
import { bitrate, dateTime, duration } from '../html/format.ts';
import { live } from '../html/regions.ts';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, Empty, Figure, PageHead } from '../panel/parts.tsx';
import { CaptureFile, lastCapture } from './capture.tsx';
import { OtherConnections } from './connections.tsx';
import { PeerButtons, type PeerProps, PeerState, Publications } from './peer-card.tsx';
import { PeerDetails } from './peer-details.tsx';
import { nameOf } from './quality.ts';
import { indexOf } from './room-index.ts';
import { Unreachable } from './unreachable.tsx';
import { WatchBox } from './watch-box.tsx';

/** Everything about one peer, with graphs of the last minutes. */
export const peerPanel = definePanel({
  id: 'peer',
  title: 'Peer',
  path: '/peer',
  unlisted: true,
  under: 'rooms',
  role: 'viewer',
  watches: (query) => readPeer({ query }),
  prepare: (context) => lastCapture(context, readPeer(context)),
  view(context, last: CaptureState | undefined) {
    const { roomId, peerId } = readPeer(context);
    const room = context.monitor.room(roomId);
    const peer = room && indexOf(room).byId.get(peerId);
    return (
      <>
        <p class="crumb">
          <a href={context.link('/room', { room: roomId })} safe>{`Room ${roomId}`}</a>
          {' · '}
          <a href={context.link('/history', { room: roomId, peer: peerId })}>History</a>
        </p>
        {WatchBox({ context, roomId, peerId })}
        {live(
          'peer',
          <div id="peer">
            {room && peer ? content(context, { room, peer, last }) : gone(context, { roomId, peerId, last })}
          </div>,
        )}
      </>
    );
  },
});

interface Present {
  readonly room: RoomSnapshot;
  readonly peer: PeerSnapshot;
  readonly last: CaptureState | undefined;
}

interface Gone {
  readonly roomId: string;
  readonly peerId: string;
  readonly last: CaptureState | undefined;
}

function readPeer({ query }: Pick<PanelContext, 'query'>) {
  return { roomId: query.get('room') ?? '', peerId: query.get('peer') ?? '' };
}

function gone(context: PanelContext, { roomId: room, peerId: peer, last }: Gone): JSX.Element {
  const { link } = context;
  return (
    <>
      <PageHead title={peer} note="not here">
        <a class="button" href={link('/history', { room, peer })}>
          History
        </a>
      </PageHead>
      <CaptureFile context={context} last={last} />
      <Empty
        title="This peer has left"
        hint="Its history, the room's page and the audit log show what happened."
      />
    </>
  );
}

function content(context: PanelContext, { room, peer, last }: Present): JSX.Element {
  return (
    <>
      {live(
        'peer-head',
        <div id="peer-head">
          <PageHead title={nameOf(peer)} note={peer.id}>
            <PeerButtons context={context} room={room} peer={peer} from="peer" />
          </PageHead>
          <p class="states">
            <PeerState room={room} peer={peer} />
          </p>
          <Unreachable room={room} peer={peer} />
          <OtherConnections context={context} room={room} peer={peer} />
          <Publications context={context} room={room} peer={peer} />
        </div>,
      )}
      <CaptureFile context={context} last={last} />
      {live(
        'peer-figures',
        context.monitor.isHere(peer) ? (
          <dl id="peer-figures" class="figures">
            {figures(context, peer)}
          </dl>
        ) : (
          <p id="peer-figures" class="note">
            <Elsewhere context={context} room={room} peer={peer} />
          </p>
        ),
      )}
      {live(
        'peer-facts',
        <dl id="peer-facts" class="pairs">
          {facts(context, peer)}
        </dl>,
      )}
      <PeerDetails context={context} room={room} peer={peer} own />
    </>
  );
}

/** Leads to the page of a peer on the dashboard of its own node. */
function Elsewhere({ context, room, peer }: PeerProps): JSX.Element {
  const url = context.monitor.nodes().find(({ name }) => name === peer.node)?.url ?? null;
  const text = `the dashboard of node ${peer.node}`;
  const page = context.link('/peer', { room: room.id, peer: peer.id });
  // On a port of its own a dashboard has an address that other nodes do not know.
  const linked = url !== null && context.config.adminPort === undefined;
  return (
    <>
      Graphs, bitrates, connections and what this peer receives are on{' '}
      {linked ? (
        <a href={new URL(page, url).href} rel="noreferrer" safe>
          {text}
        </a>
      ) : (
        <span safe>{text}</span>
      )}
      .
    </>
  );
}

function figures({ monitor }: PanelContext, peer: PeerSnapshot): JSX.Element {
  const { incoming, outgoing, roundTrip } = monitor.measures.session(peer.sessionId);
  const flow = monitor.flow(peer);
  const trip = monitor.measures.roundTrip(peer.sessionId);
  return (
    <>
      <Figure name="Sends" value={bitrate(flow.incoming)}>
        <Chart values={incoming.values} label="Bitrate sent by the peer" unit="bits" />
      </Figure>
      <Figure name="Gets" value={bitrate(flow.outgoing)}>
        <Chart values={outgoing.values} label="Bitrate received by the peer" unit="bits" />
      </Figure>
      <Figure name="Round trip" value={trip === null ? '–' : `${Math.round(trip)} ms`}>
        <Chart values={roundTrip.values} label="Round trip" unit="ms" />
      </Figure>
    </>
  );
}

function facts({ now }: PanelContext, peer: PeerSnapshot): JSX.Element {
  const { device, grants, publish } = peer;
  const values: readonly (readonly [string, string])[] = [
    ['State', peer.state === 'joined' ? 'joined' : 'connected, not joined yet'],
    [
      'Connection',
      typeof peer.awaySince === 'number' ? `away, cut ${duration(now - peer.awaySince)} ago` : 'there',
    ],
    ['Device', [device.name, device.version].filter(Boolean).join(' ') || '–'],
    ['Subject', peer.program === null ? peer.subject : `${peer.subject} (program ${peer.program})`],
    ['Address', peer.address || '–'],
    ['Connected', `${dateTime(peer.connectedAt)}, ${duration(now - peer.connectedAt)} ago`],
    ['Token', peer.tokenId ?? (peer.issuedAt === null ? 'none' : 'one without an id (jti)')],
    ...(peer.movedFrom === undefined
      ? []
      : [['Came from', `node ${peer.movedFrom}, without a gap`] as const]),
    ['Worker', peer.worker === null ? '–' : String(peer.worker)],
    ['May publish', typeof publish === 'boolean' ? (publish ? 'everything' : 'nothing') : publish.join(', ')],
    ['Data channels', [...peer.dataProducers.map(({ label }) => label)].join(', ') || '–'],
    ['Metadata', JSON.stringify(peer.metadata)],
    ['Attributes', JSON.stringify(peer.attributes ?? {})],
  ];
  return (
    <>
      {values.map(([name, value]) => (
        <div>
          <dt safe>{name}</dt>
          <dd safe>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Grants</dt>
        <dd>
          {grants.subscribe ? <Badge text="subscribe" /> : ''}{' '}
          {grants.moderate ? <Badge text="moderate" tone="accent" /> : ''}{' '}
          {grants.hidden ? <Badge text="hidden" /> : ''}
        </dd>
      </div>
    </>
  );
}
