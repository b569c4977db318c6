import type { NodeSnapshot, PeerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Chart, ShareBar } from '../html/chart.tsx';
import { bitrate, percent } from '../html/format.ts';
import type { Monitor } from '../live/monitor.ts';
import type { PanelContext } from '../panel/panel.ts';
import { Figure } from '../panel/parts.tsx';
import { countByQuality } from './quality.ts';

/** The numbers of the node, each with its graph of the last minutes and the page that says more. */
export function Figures({ context, node }: { context: PanelContext; node: NodeSnapshot }): JSX.Element {
  const { monitor, link } = context;
  const { history } = monitor;
  const recent = monitor.recent();
  const peers = node.rooms.flatMap((room) => room.peers);
  const cpu = busiestCpu(monitor);
  return (
    <>
      <Figure name="Rooms" value={String(node.rooms.length)} href={link('/rooms')}>
        <Chart values={history.rooms.values} label="Rooms" unit="count" />
      </Figure>
      <Figure name="Peers" value={String(peers.length)} href={link('/rooms', { sort: 'peers' })}>
        <Chart values={history.peers.values} label="Peers" unit="count" />
      </Figure>
      <Quality context={context} peers={peers} />
      <Figure name="Busiest worker" value={percent(cpu.at(-1) ?? 0)} href={link('/workers')}>
        <Chart values={cpu} label="CPU of the busiest worker" unit="share" />
      </Figure>
      <Figure
        name="Received"
        value={bitrate(history.incoming.last)}
        href={link('/rooms', { sort: 'bitrate' })}
      >
        <Chart values={history.incoming.values} label="Bitrate received" unit="bits" />
      </Figure>
      <Figure name="Sent" value={bitrate(history.outgoing.last)} href={link('/rooms', { sort: 'bitrate' })}>
        <Chart values={history.outgoing.values} label="Bitrate sent" unit="bits" />
      </Figure>
      <Figure name="Joins, 5 min" value={String(recent.joins)} href={link('/rooms', { sort: 'age' })}>
        <Chart values={history.joins.values} label="Joins" unit="count" />
      </Figure>
      <Figure name="Refused or dropped, 5 min" value={String(recent.failures)} href="#refused">
        <Chart values={history.failures.values} label="Connections refused or dropped" unit="count" />
      </Figure>
    </>
  );
}

/** How well media gets through between the peers and this node. */
function Quality({ context, peers }: { context: PanelContext; peers: readonly PeerSnapshot[] }): JSX.Element {
  const { good, fair, poor } = countByQuality(peers);
  const all = good + fair + poor;
  const worse = [poor > 0 ? `${poor} poor` : '', fair > 0 ? `${fair} fair` : ''].filter(Boolean).join(', ');
  const note = all === 0 ? 'nothing is known yet' : worse || `all ${all} in calls`;
  return (
    <Figure
      name="Quality"
      value={all === 0 ? '–' : `${percent(good / all)} good`}
      note={note}
      href={context.link('/rooms', { sort: 'score' })}
    >
      <ShareBar parts={{ good, warn: fair, bad: poor }} label={`${good} good, ${fair} fair, ${poor} poor`} />
    </Figure>
  );
}

/** At each moment the CPU of the worker that had the most to do then. */
function busiestCpu({ workerCpu }: Monitor): number[] {
  const all = [...workerCpu.values()].map(({ values }) => values);
  const length = Math.max(0, ...all.map((values) => values.length));
  return Array.from({ length }, (_, index) =>
    Math.max(...all.map((values) => values.at(index - length) ?? 0)),
  );
}
