import { metrics as rooms } from '../../collectors/rooms.ts';
import { metrics as workers } from '../../collectors/workers.ts';
import { type BoardSpec, graph, line, q } from '../spec.ts';

const perWorker = ['node', 'worker'];
const workerLegend = '{{node}} {{worker}}';

/** The row of the node board about its media workers. */
export const workersRow: BoardSpec['rows'][number] = {
  title: 'Media workers',
  panels: [
    graph(
      'CPU',
      'percentunit',
      'Share of a core by worker. Above 0.9 media comes late: spread rooms, or add nodes.',
      [line(workerLegend, q.rate(workers.cpu, { by: perWorker }))],
      { thresholds: { warn: 0.7, bad: 0.9 } },
    ),
    graph(
      'Stress of workers',
      'percentunit',
      'How near each worker is to the end of what it has. Time in which other programs had the processor does not count as free.',
      [line('{{node}} {{worker}} {{resource}}', q.max(workers.stress, { by: [...perWorker, 'resource'] }))],
      { thresholds: { warn: 0.7, bad: 0.85 } },
    ),
    graph('Memory', 'bytes', 'Resident memory by worker.', [
      line(workerLegend, q.sum(workers.memory, { by: perWorker })),
    ]),
    graph(
      'Latency of requests',
      's',
      'How long a worker took to answer the sampler. It grows with its load before media suffers.',
      [line(workerLegend, q.max(workers.latency, { by: perWorker }))],
      { thresholds: { warn: 0.05, bad: 0.25 } },
    ),
    graph('File descriptors of workers', 'percentunit', 'Share of those it may open, by worker.', [
      line(workerLegend, q.max(workers.descriptors, { by: perWorker })),
    ]),
    graph('Rooms', 'short', 'Rooms by worker.', [
      line(workerLegend, q.sum(rooms.byWorker, { by: perWorker })),
    ]),
    graph('Routers and consumers', 'short', 'What each worker carries.', [
      line(`consumers ${workerLegend}`, q.sum(workers.consumers, { by: perWorker })),
      line(`routers ${workerLegend}`, q.sum(workers.routers, { by: perWorker })),
    ]),
    graph(
      'What workers send, by nominal figures',
      'bps',
      'What the consumers of each worker cost as far as placement knows: by kind and by the layer that each gets. A room goes on to another worker at TUREEN_ROOM_MBPS_PER_WORKER.',
      [line(workerLegend, `${q.sum(workers.bitrate, { by: perWorker })} * 8`)],
    ),
    graph(
      'Deaths and restarts',
      'short',
      'Workers that died, and that were started again, in the window.',
      [
        line(`deaths ${workerLegend}`, q.increase(workers.deaths, { by: perWorker })),
        line(`restarts ${workerLegend}`, q.increase(workers.restarts, { by: perWorker })),
      ],
      { thresholds: { warn: 1, bad: 3 } },
    ),
  ],
};
