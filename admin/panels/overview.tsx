import type { NodeSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Bar, Spark } from '../html/chart.tsx';
import { bitrate, clockTime, percent } from '../html/format.ts';
import { live } from '../html/regions.ts';
import type { TimelineEntry } from '../live/timeline.ts';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { ActionLink, Empty, Figure, Moment, PageHead } from '../panel/parts.tsx';
import { cancelDrain, drain } from './drain.tsx';

/** What an operator wants to see first: load, quality and problems. */
export const overviewPanel = definePanel({
  id: 'overview',
  title: 'Overview',
  icon: 'overview',
  path: '/',
  role: 'viewer',
  actions: { drain, 'cancel-drain': cancelDrain },
  view(context) {
    const node = context.monitor.snapshot();
    return (
      <>
        {live('head', <div id="head">{head(context, node)}</div>)}
        {live('alerts', <div id="alerts">{alerts(context, node)}</div>)}
        {live(
          'figures',
          <dl id="figures" class="figures">
            {figures(context, node)}
          </dl>,
        )}
        <div class="columns">
          <section>
            <h2>Workers</h2>
            {live(
              'workers',
              <ul id="workers" class="plain-list">
                {workers(context, node)}
              </ul>,
            )}
          </section>
          <section>
            <h2>What happened</h2>
            {live('events', <div id="events">{events(context)}</div>)}
          </section>
        </div>
      </>
    );
  },
});

function head(context: PanelContext, { drainDeadline }: NodeSnapshot): JSX.Element {
  const shared = { context, panelId: 'overview' };
  return (
    <PageHead title="Overview">
      {drainDeadline === null ? (
        <ActionLink {...shared} name="drain" action={drain} />
      ) : (
        <ActionLink {...shared} name="cancel-drain" action={cancelDrain} />
      )}
    </PageHead>
  );
}

/** How long the death of a worker is shown as an alert, though its replacement runs already. */
const deathShownMs = 10 * 60_000;
/** The share of a core above which a worker is near its limit. */
const busyShare = 0.9;

function recentDeaths({ monitor, now }: PanelContext): readonly TimelineEntry[] {
  return monitor.timelines
    .node()
    .filter(({ name, time }) => name === 'workerDied' && now - time < deathShownMs)
    .slice(0, 3);
}

/** What is wrong now, a sentence each; empty when all is well. */
export function alertTexts(context: PanelContext, node: NodeSnapshot): string[] {
  const { config, store, monitor } = context;
  const full = node.rooms.filter(({ peers }) => peers.length >= config.maxPeersPerRoom * 0.9);
  const dead = node.workers.filter(({ pid }) => pid === null);
  const busy = node.workers.filter(({ index }) => (monitor.workerCpu.get(index)?.last ?? 0) > busyShare);
  return [
    ...(node.drainDeadline === null
      ? []
      : [`The node is draining: calls are ended at ${clockTime(node.drainDeadline)}.`]),
    ...node.unreadyReasons
      .filter((reason) => reason !== 'the node is draining')
      .map((reason) => `Not ready: ${reason}.`),
    ...dead.map(({ index }) => `Worker ${index} is down; it is being started again.`),
    ...recentDeaths(context).map(({ time, text }) => `${clockTime(time)}: ${text}.`),
    ...busy.map(
      ({ index }) =>
        `Worker ${index} uses ${percent(monitor.workerCpu.get(index)?.last ?? 0)} of its core: its calls will soon suffer.`,
    ),
    ...full.map(
      ({ id, peers }) => `Room ${id} has ${peers.length} of at most ${config.maxPeersPerRoom} peers.`,
    ),
    ...(store.volatile
      ? ['Bans, users and the audit log are lost when this process ends: set TUREEN_DATA_DIR to keep them.']
      : []),
  ];
}

function alerts(context: PanelContext, node: NodeSnapshot): JSX.Element {
  return (
    <>
      {alertTexts(context, node).map((text) => (
        <p class="alert" role="status" safe>
          {text}
        </p>
      ))}
    </>
  );
}

function figures({ monitor }: PanelContext, node: NodeSnapshot): JSX.Element {
  const { history } = monitor;
  const recent = monitor.recent();
  const peers = node.rooms.flatMap((room) => room.peers);
  return (
    <>
      <Figure name="Rooms" value={String(node.rooms.length)}>
        <Spark values={history.rooms.values} label="Rooms, last minutes" />
      </Figure>
      <Figure name="Peers" value={String(peers.length)}>
        <Spark values={history.peers.values} label="Peers, last minutes" />
      </Figure>
      <Figure name="Received" value={bitrate(history.incoming.last)}>
        <Spark values={history.incoming.values} label="Bitrate received, last minutes" />
      </Figure>
      <Figure name="Sent" value={bitrate(history.outgoing.last)}>
        <Spark values={history.outgoing.values} label="Bitrate sent, last minutes" />
      </Figure>
      <Figure name="Joins, 5 min" value={String(recent.joins)}>
        <Spark values={history.joins.values} label="Joins, last minutes" />
      </Figure>
      <Figure name="Refused or dropped, 5 min" value={String(recent.failures)}>
        <Spark values={history.failures.values} label="Connections refused or dropped, last minutes" />
      </Figure>
    </>
  );
}

function workers({ monitor, link }: PanelContext, { workers: all }: NodeSnapshot): JSX.Element {
  return (
    <>
      {all.map(({ index, pid, consumers, routers }) => {
        const cpu = monitor.workerCpu.get(index)?.last ?? 0;
        return (
          <li class="worker-line">
            <a href={link('/workers')} safe>{`Worker ${index}`}</a>
            <Bar share={cpu} label={`CPU ${percent(cpu)}`} />
            <span class="number" safe>
              {pid === null ? 'down' : `${percent(cpu)} CPU`}
            </span>
            <span class="note" safe>{`${routers} routers, ${consumers} consumers`}</span>
          </li>
        );
      })}
    </>
  );
}

function events({ monitor }: PanelContext): JSX.Element {
  const entries = monitor.timelines.node().slice(0, 12);
  if (entries.length === 0)
    return <Empty title="Nothing yet" hint="Deaths of workers and drains are shown here." />;
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
