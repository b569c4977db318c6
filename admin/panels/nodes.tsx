import type { NodeInfo } from '../../src/cluster/reads/view.ts';
import { count, duration } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { type Column, type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, PageHead } from '../panel/parts.tsx';
import { DrainLink, drainActions } from './drain.tsx';
import { PathTable } from './node-paths.tsx';

const columns: readonly Column[] = [
  { title: 'Node' },
  { title: 'Region' },
  { title: 'Version' },
  { title: 'Rooms', look: 'number' },
  { title: 'Peers', look: 'number' },
  { title: 'Heard', look: 'number' },
  { title: 'Actions', look: 'act', unseen: true },
];

/** Heartbeats come each second. */
const usualSilenceMs = 3000;

/** The nodes of the mesh: where they are, what they carry, and how far away they are. It is there with a mesh only. */
export const nodesPanel = definePanel({
  id: 'nodes',
  title: 'Nodes',
  icon: 'nodes',
  path: '/nodes',
  role: 'viewer',
  actions: drainActions,
  prepare: async ({ monitor }) => await monitor.paths(),
  view(context, paths) {
    const nodes = context.monitor.nodes();
    return (
      <>
        <PageHead title="Nodes" note={count(nodes.length, 'node')} />
        {live(
          'nodes',
          <div id="nodes">
            <Table label="Nodes" columns={columns} rows={nodes.map((node) => row(context, node))} />
          </div>,
        )}
        <PathTable all={paths} />
      </>
    );
  },
});

function row(context: PanelContext, node: NodeInfo): Row {
  const { name, life, region, version, rooms, peers, draining, age, self } = node;
  return {
    id: htmlId('node', life ?? name),
    cells: [
      { html: <NameCell node={node} /> },
      region ?? '–',
      version,
      rooms,
      peers,
      self ? 'this node' : heardText(age),
      { html: <DrainLink context={context} panelId="nodes" draining={draining} node={name} /> },
    ],
  };
}

/** Each second is usual, so it is said only of one that is late. */
function heardText(age: number): string {
  if (age < usualSilenceMs) return 'now';
  return age < 60_000 ? `${Math.round(age / 1000)} s ago` : `${duration(age)} ago`;
}

function NameCell({ node }: { node: NodeInfo }): JSX.Element {
  const { name, url, draining, stale } = node;
  return (
    <>
      {url === null ? (
        <b safe>{name}</b>
      ) : (
        <a class="row-link" href={url} rel="noreferrer" safe>
          {name}
        </a>
      )}{' '}
      {draining ? <Badge text="draining" tone="warn" /> : ''}
      {stale ? <Badge text="not heard" tone="bad" /> : ''}
    </>
  );
}
