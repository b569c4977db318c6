import { commandOutcomes } from '../../src/cluster/command-counts.ts';
import { dropReasons } from '../../src/cluster/drops.ts';
import { askOutcomes } from '../../src/cluster/wire.ts';
import type { Collector, Sources } from '../collector.ts';
import { counter, cross, gauge, histogram, open } from '../define.ts';
import { HighWater } from '../high-water.ts';

/** The two connections of a node. Open, so that a node without a bus shows none that is down. */
const connectionLabel = open('connection', 2);
const direction = cross({ direction: ['in', 'out'] });

export const metrics = {
  busUp: gauge({
    name: 'tureen_bus_up',
    help: '1 while the connection to the bus is there: control carries what nodes say to each other, data carries messages of data channels. Missing on a node without a bus.',
    source: 'state',
    labels: connectionLabel,
  }),
  reconnects: counter({
    name: 'tureen_bus_reconnects_total',
    help: 'Connections to the bus that came back after they were lost, or were taken anew after the process stood still.',
    source: 'state',
    labels: connectionLabel,
  }),
  requests: counter({
    name: 'tureen_mesh_requests_total',
    help: 'Requests to other nodes by outcome: answered, timeout, nobody listened there, or the bus was away.',
    source: 'event',
    labels: cross({ outcome: askOutcomes }),
  }),
  requestDuration: histogram({
    name: 'tureen_mesh_request_duration_seconds',
    help: 'How long other nodes took to answer requests.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
  }),
  nodes: gauge({
    name: 'tureen_mesh_nodes',
    help: 'Other nodes: living ones are heard, of stale ones nothing is heard now.',
    source: 'state',
    labels: cross({ state: ['living', 'stale'] }),
  }),
  clockOffset: gauge({
    name: 'tureen_mesh_clock_offset_seconds',
    help: 'By how much the clock of this node and that of another living one differ at most, as heartbeats show it.',
    unit: 'seconds',
    source: 'state',
  }),
  shares: gauge({
    name: 'tureen_mesh_shares',
    help: 'What nodes say of rooms: local shares are the rooms of this node, remote ones what others say of them.',
    source: 'state',
    labels: cross({ origin: ['local', 'remote'] }),
  }),
  remotePeers: gauge({
    name: 'tureen_mesh_remote_peers',
    help: 'Peers of other nodes in the rooms that are open here.',
    source: 'state',
  }),
  dropped: counter({
    name: 'tureen_mesh_messages_dropped_total',
    help: 'Messages between nodes that were dropped, by reason.',
    source: 'state',
    labels: cross({ reason: dropReasons }),
  }),
  commands: counter({
    name: 'tureen_mesh_commands_total',
    help: 'What became of commands for other nodes: done, refused, unconfirmed when a node did not answer that may have done it or has to know of it, pending when a node did not say in time that its copies of a removed peer are gone.',
    source: 'state',
    labels: cross({ outcome: commandOutcomes }),
  }),
  pipes: gauge({
    name: 'tureen_pipes',
    help: 'Pipes of media that are open: in from other nodes, out to them. As the last pass of the sampler found them.',
    source: 'sample',
    labels: direction,
  }),
  pipeBytes: counter({
    name: 'tureen_pipe_bytes_total',
    help: 'Bytes over pipes, retransmissions and reports among them: in from other nodes, out to them.',
    unit: 'bytes',
    source: 'sample',
    labels: direction,
  }),
  pipePackets: counter({
    name: 'tureen_pipe_packets_total',
    help: 'RTP packets that came over pipes from other nodes.',
    source: 'sample',
  }),
  pipeLost: counter({
    name: 'tureen_pipe_packets_lost_total',
    help: 'RTP packets that were lost on pipes from other nodes and did not come later either.',
    source: 'sample',
  }),
  pipeRoundTrip: histogram({
    name: 'tureen_pipe_round_trip_seconds',
    help: 'Round trip time of each stream on the pipes to other nodes, by RTCP.',
    unit: 'seconds',
    source: 'sample',
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1],
  }),
  pipesRebuilt: counter({
    name: 'tureen_pipes_rebuilt_total',
    help: 'Pipes from other nodes that were built again, since what was sent did not arrive.',
    source: 'state',
  }),
  unreachable: counter({
    name: 'tureen_pipe_tracks_unreachable_total',
    help: 'Times that a track of another node could not be brought here.',
    source: 'state',
  }),
  dataOverload: counter({
    name: 'tureen_mesh_data_overload_total',
    help: 'What became of data channels whose messages to other nodes waited for too long: dropped messages of unreliable ones, closed reliable ones.',
    source: 'state',
    labels: cross({ course: ['dropped', 'closed'] }),
  }),
};

/** This node among others: the bus, who is there, what is shared, and the media between them. */
export const mesh: Collector = {
  name: 'mesh',
  title: 'Mesh',
  metrics,
  start(sources) {
    // Nothing is measured, and nothing asked of the workers, on a node that is alone.
    if (!sources.mesh) return;
    followRequests(sources, sources.mesh);
    followState(sources, sources.mesh);
    followPipes(sources);
  },
};

type MeasuredMesh = NonNullable<Sources['mesh']>;

function followRequests({ page }: Sources, node: MeasuredMesh): void {
  node.onAsked(({ outcome, milliseconds }) => {
    page.add(metrics.requests, 1, { outcome });
    if (outcome === 'answered') page.observe(metrics.requestDuration, milliseconds / 1000);
  });
}

function followState({ page, sfu, onScrape }: Sources, node: MeasuredMesh): void {
  onScrape(() => {
    const { connections, living, stale, clockOffset, localShares, remoteShares, drops, commands } =
      node.measures;
    for (const { name: connection, connected, reconnects } of connections) {
      page.set(metrics.busUp, connected ? 1 : 0, { connection });
      page.raise(metrics.reconnects, reconnects, { connection });
    }
    page.set(metrics.nodes, living, { state: 'living' });
    page.set(metrics.nodes, stale, { state: 'stale' });
    page.set(metrics.clockOffset, clockOffset / 1000);
    page.set(metrics.shares, localShares, { origin: 'local' });
    page.set(metrics.shares, remoteShares, { origin: 'remote' });
    for (const outcome of commandOutcomes) page.raise(metrics.commands, commands[outcome], { outcome });
    for (const reason of dropReasons) page.raise(metrics.dropped, drops[reason], { reason });
    page.set(metrics.remotePeers, sfu.mesh.remotePeers);
    const { pipesRebuilt, unreachable, dataDropped, dataClosed } = sfu.mesh.counts;
    page.raise(metrics.pipesRebuilt, pipesRebuilt);
    page.raise(metrics.unreachable, unreachable);
    page.raise(metrics.dataOverload, dataDropped, { course: 'dropped' });
    page.raise(metrics.dataOverload, dataClosed, { course: 'closed' });
  });
}

function followPipes({ page, sfu, onPass }: Sources): void {
  let totals = new Map<string, HighWater<'bytes' | 'packets' | 'lost'>>();
  onPass(async () => {
    const readings = await sfu.mesh.readPipes();
    const present: typeof totals = new Map();
    // Those that have ended are forgotten with the pass that does not find them.
    const totalOf = (key: string) => {
      const total = totals.get(key) ?? new HighWater();
      present.set(key, total);
      return total;
    };
    const open = { in: 0, out: 0 };
    for (const { id, direction, bytes, streams } of readings) {
      open[direction] += 1;
      page.add(metrics.pipeBytes, totalOf(id).rise('bytes', bytes), { direction });
      for (const { id: stream, packets, lost, roundTrip } of streams) {
        if (roundTrip !== undefined && direction === 'out')
          page.observe(metrics.pipeRoundTrip, roundTrip / 1000);
        if (direction !== 'in') continue;
        const total = totalOf(`${id} ${stream}`);
        page.add(metrics.pipePackets, total.rise('packets', packets));
        page.add(metrics.pipeLost, total.rise('lost', lost));
      }
    }
    totals = present;
    for (const direction of ['in', 'out'] as const) page.set(metrics.pipes, open[direction], { direction });
  });
}
