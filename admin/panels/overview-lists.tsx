import { carriedBy } from '../../src/cluster/reads/view.ts';
import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { NodeSnapshot, PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { hasRole } from '../../src/store/roles.ts';
import { Bar } from '../html/chart.tsx';
import { count, percent } from '../html/format.ts';
import { htmlId } from '../html/regions.ts';
import { type Row, Table } from '../html/table.tsx';
import type { Refusal } from '../live/refusals.ts';
import type { PanelContext } from '../panel/panel.ts';
import { Badge, Empty, Moment } from '../panel/parts.tsx';
import { causeText, nameOf, scoreTone, worstScore } from './quality.ts';
import { TimelineList } from './timeline-list.tsx';

/** Entries of each list: what fits on a screen. */
const maxShown = 6;
const badLoss = 0.02;

interface Trouble {
  readonly room: RoomSnapshot;
  /** The one with the worst connection, with its score; undefined while nothing is known. */
  readonly worst: { readonly peer: PeerSnapshot; readonly score: number } | undefined;
  /** The highest share of packets that is lost on one transport, on the way in or out. */
  readonly loss: number;
}

/** The rooms in which media arrives badly, the worst first. */
export function WorstRooms({ context, node }: { context: PanelContext; node: NodeSnapshot }): JSX.Element {
  const { link } = context;
  const rooms = node.rooms
    .map((room) => troubleOf(context, room))
    .filter(({ worst, loss }) => (worst && scoreTone(worst.score) !== 'good') || loss > badLoss)
    .toSorted((a, b) => (a.worst?.score ?? 10) - (b.worst?.score ?? 10) || b.loss - a.loss)
    .slice(0, maxShown);
  if (rooms.length === 0)
    return <Empty title="All is well" hint="A room in which media arrives badly is shown here." />;
  const columns = [
    { title: 'Room' },
    { title: 'Worst' },
    { title: 'Score', look: 'number' },
    { title: 'Loss', look: 'number' },
  ] as const;
  const rows = rooms.map(({ room, worst, loss }): Row => {
    const { id } = room;
    return {
      id: htmlId('worst', id),
      cells: [
        {
          html: (
            <a class="row-link" href={link('/room', { room: id })} safe>
              {id}
            </a>
          ),
        },
        worst
          ? {
              html: (
                <>
                  <a href={link('/peer', { room: id, peer: worst.peer.id })} safe>
                    {nameOf(worst.peer)}
                  </a>
                  <span class="under" safe>
                    {causeText(worst.peer) ?? ''}
                  </span>
                </>
              ),
            }
          : '–',
        worst ? { html: <Badge text={String(worst.score)} tone={scoreTone(worst.score)} /> } : '–',
        percent(loss),
      ],
    };
  });
  return <Table label="Worst rooms" gone="better" columns={columns} rows={rows} />;
}

function troubleOf({ monitor }: PanelContext, room: RoomSnapshot): Trouble {
  const scores = room.peers.flatMap((peer) => {
    const score = worstScore([peer]);
    return score === null ? [] : [{ peer, score }];
  });
  const losses = room.peers
    .flatMap((peer) => carriedBy(peer).transportIds)
    .map((id) => {
      const { lossReceived, lossSent } = monitor.measures.transports.get(id) ?? {};
      return Math.max(lossReceived ?? 0, lossSent ?? 0);
    });
  const loss = losses.reduce((most, each) => Math.max(most, each), 0);
  return { room, worst: scores.toSorted((a, b) => a.score - b.score)[0], loss };
}

/** Why connections were refused in the last minutes. */
export function RefusedJoins({ monitor, now, link }: PanelContext): JSX.Element {
  const all = monitor.refusals.recent(now).slice(0, maxShown);
  if (all.length === 0)
    return <Empty title="Nobody was refused" hint="In the last five minutes every connection got in." />;
  return (
    <ul class="lines">
      {all.map(({ code, count: times, time, roomId }) => (
        <li>
          <Badge text={String(times)} tone="warn" />
          <span class="grow">
            <span safe>{code.replaceAll('_', ' ')}</span>
            <span class="under" safe>
              {docOf(code)}
            </span>
          </span>
          <span class="when">
            <Moment time={time} short />
            <a class="under" href={link('/rooms', { q: roomId })} safe>
              {roomId}
            </a>
          </span>
        </li>
      ))}
    </ul>
  );
}

function docOf(code: Refusal['code']): string {
  return Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode].doc : '';
}

export function Workers({ context, node }: { context: PanelContext; node: NodeSnapshot }): JSX.Element {
  return (
    <>
      {node.workers.map(({ index, pid, consumers, routers }) => {
        const cpu = context.monitor.workerCpu.get(index)?.last ?? 0;
        return (
          <li class="worker-line">
            <a href={context.link('/workers')} safe>{`Worker ${index}`}</a>
            <Bar share={cpu} label={`CPU ${percent(cpu)}`} />
            <span class="number" safe>
              {pid === null ? 'down' : `${percent(cpu)} CPU`}
            </span>
            <span class="note" safe>{`${count(routers, 'router')}, ${count(consumers, 'consumer')}`}</span>
          </li>
        );
      })}
    </>
  );
}

/** Trouble, and what somebody with power did, in any room. */
export function Happened({ monitor, link }: PanelContext): JSX.Element {
  const entries = monitor.timelines.notable().slice(0, 2 * maxShown);
  if (entries.length === 0)
    return <Empty title="Nothing yet" hint="Trouble, and what moderators do, is shown here." />;
  return <TimelineList entries={entries} roomLink={(room) => link('/room', { room })} />;
}

/** The last entries of the audit log, for those who may read it. */
export function Moderation({ context }: { context: PanelContext }): JSX.Element {
  const { store, user, link } = context;
  if (!hasRole(user.role, 'moderator')) return '';
  const entries = store.audit.search({ limit: maxShown });
  return (
    <>
      <div class="section-head">
        <h2>What moderators did</h2>
        <a href={link('/audit')}>The whole log</a>
      </div>
      {entries.length === 0 ? (
        <Empty title="No entries yet" hint="What moderators and admins do is recorded here." />
      ) : (
        <ul class="lines">
          {entries.map(({ time, by, action, roomId, peerId, details }) => (
            <li>
              <span class="grow">
                <b safe>{by.id || by.kind}</b> <span safe>{action}</span>{' '}
                <span class="under" safe>
                  {[roomId, typeof details.name === 'string' ? details.name : peerId]
                    .filter(Boolean)
                    .join(' / ')}
                </span>
              </span>
              <span class="when">
                <Moment time={time} short />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
