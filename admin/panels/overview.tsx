import type { NodeSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { clockTime, count, percent, sentence } from '../html/format.ts';
import { live } from '../html/regions.ts';
import type { TimelineEntry } from '../live/timeline.ts';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { PageHead } from '../panel/parts.tsx';
import { DrainLink, drainActions } from './drain.tsx';
import { Figures } from './overview-figures.tsx';
import { Happened, Moderation, RefusedJoins, Workers, WorstRooms } from './overview-lists.tsx';

/** What operators and moderators look for first: problems, load, quality, who was refused, and what happened. */
export const overviewPanel = definePanel({
  id: 'overview',
  title: 'Overview',
  icon: 'overview',
  path: '/',
  role: 'viewer',
  actions: drainActions,
  view(context) {
    const node = context.monitor.snapshot();
    return (
      <>
        {live('head', <div id="head">{head(context, node)}</div>)}
        {live(
          'alerts',
          <div id="alerts" role="status">
            {alerts(context, node)}
          </div>,
        )}
        {live(
          'figures',
          <dl id="figures" class="figures wide">
            <Figures context={context} node={node} />
          </dl>,
        )}
        <div class="columns three">
          <div>
            <section>
              <h2>Worst rooms</h2>
              {live(
                'worst',
                <div id="worst">
                  <WorstRooms context={context} node={node} />
                </div>,
              )}
            </section>
            <section id="refused">
              <h2>Refused, last 5 min</h2>
              {live('refusals', <div id="refusals">{RefusedJoins(context)}</div>)}
            </section>
          </div>
          <section>
            <h2>What happened</h2>
            {live('events', <div id="events">{Happened(context)}</div>)}
          </section>
          <div>
            <section>
              <h2>Workers</h2>
              {live(
                'workers',
                <ul id="workers">
                  <Workers context={context} node={node} />
                </ul>,
              )}
            </section>
            {live(
              'moderation',
              <section id="moderation">
                <Moderation context={context} />
              </section>,
            )}
          </div>
        </div>
      </>
    );
  },
});

function head(context: PanelContext, { drainDeadline }: NodeSnapshot): JSX.Element {
  return (
    <PageHead title="Overview" note={context.monitor.self && `node ${context.monitor.self}`}>
      <DrainLink context={context} panelId="overview" draining={drainDeadline !== null} />
    </PageHead>
  );
}

/** How long the death of a worker is shown as an alert, though its replacement runs already. */
const deathShownMs = 10 * 60_000;
/** Rooms that miss media of other nodes and are named: what is wrong between two nodes is so in all of them. */
const maxLostRooms = 3;
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
  const lost = node.rooms.filter(({ unreachable }) => unreachable !== undefined).slice(0, maxLostRooms);
  // Fatal ones are reasons not to be ready. In development mode most warnings are about clients that there are not.
  const warnings = config.developmentMode
    ? []
    : monitor.findings.filter(({ severity }) => severity === 'warning');
  const dead = node.workers.filter(({ pid }) => pid === null);
  const busy = node.workers.filter(({ index }) => (monitor.workerCpu.get(index)?.last ?? 0) > busyShare);
  return [
    ...(node.drainDeadline === null
      ? []
      : [`The node is draining: calls are ended at ${clockTime(node.drainDeadline)}.`]),
    ...node.unreadyReasons
      .filter((reason) => reason !== 'the node is draining')
      .map((reason) => `Not ready: ${reason}.`),
    ...warnings.map(({ what, why, remedy }) => `${sentence(what)} ${why} ${remedy}`),
    ...dead.map(({ index }) => `Worker ${index} is down; it is being started again.`),
    ...recentDeaths(context).map(({ time, text }) => `${clockTime(time)}: ${text}.`),
    ...busy.map(
      ({ index }) =>
        `Worker ${index} uses ${percent(monitor.workerCpu.get(index)?.last ?? 0)} of its core: its calls will soon suffer.`,
    ),
    ...lost.map(
      ({ id, unreachable = [] }) =>
        `In room ${id} ${count(unreachable.length, 'track')} of other nodes cannot be brought to this one: ${unreachable[0]?.cause}.`,
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
  const texts = alertTexts(context, node);
  if (texts.length === 0) return '';
  return (
    <ul class="alerts">
      {texts.map((text) => (
        <li class="alert" safe>
          {text}
        </li>
      ))}
    </ul>
  );
}
