import type { NodePath, NodePaths } from '../../src/cluster/reads/view.ts';
import { bitrate } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { type Cell, type Column, type Row, Table } from '../html/table.tsx';
import { Badge } from '../panel/parts.tsx';

/** How every node reaches every other one, and the media between them: a row for each node that says it. */
export function PathTable({ all }: { all: readonly NodePaths[] }): JSX.Element {
  if (all.length < 2) return '';
  const columns: readonly Column[] = [
    { title: 'At node' },
    ...all.map(({ node }) => ({ title: `from ${node}`, look: 'number' }) as const),
  ];
  const rows = all.map(({ node, paths }): Row => {
    const cells = all.map(({ node: other }) => cellOf(node, other, paths));
    return { id: htmlId('paths', node), cells: [{ html: <b safe>{node}</b> }, ...cells] };
  });
  return (
    <section>
      <div class="section-head">
        <h2>Between the nodes</h2>
      </div>
      <p class="note">
        Each row is what one node says: how long another one takes to answer it over the bus, the media that
        comes from there, and tracks that are missing because they cannot be brought. Media is brought only
        while somebody wants it.
      </p>
      {live(
        'paths',
        <div id="paths">
          <Table label="Between the nodes" columns={columns} rows={rows} />
        </div>,
      )}
    </section>
  );
}

function cellOf(node: string, other: string, paths: NodePaths['paths']): Cell {
  if (node === other) return '–';
  if (paths === null) return 'not said';
  const path = paths.find((each) => each.node === other);
  return path ? { html: <Path path={path} /> } : '–';
}

function Path({ path: { roundTrip, bitrate: bits, unreachable } }: { path: NodePath }): JSX.Element {
  return (
    <span>
      {roundTrip === null ? <Badge text="no answer" tone="bad" /> : <span safe>{`${roundTrip} ms`}</span>}{' '}
      <span class="under" safe>
        {bits < 500 ? 'no media' : bitrate(bits)}
      </span>{' '}
      {unreachable > 0 ? <Badge text={`${unreachable} missing`} tone="bad" /> : ''}
    </span>
  );
}
