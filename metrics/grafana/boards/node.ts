import { metrics as collecting } from '../../collection.ts';
import { metrics as host } from '../../collectors/host.ts';
import { metrics as node } from '../../collectors/node.ts';
import { metrics as processes } from '../../collectors/process.ts';
import { metrics as sampler } from '../../collectors/sampler.ts';
import { metrics as signaling } from '../../collectors/signaling.ts';
import { metrics as storage } from '../../collectors/storage.ts';
import { metrics as webhooks } from '../../collectors/webhooks.ts';
import { metrics as workers } from '../../collectors/workers.ts';
import { type BoardSpec, graph, line, percentiles, q, stat, table } from '../spec.ts';
import { transportsRow } from './node-transports.ts';
import { workersRow } from './node-workers.ts';

const state: BoardSpec['rows'][number] = {
  title: 'State',
  panels: [
    stat('Ready', 'short', '1 while the node takes new rooms, as /readyz says.', q.sum(node.ready), {
      thresholds: { warn: 1, bad: 0.5, below: true },
    }),
    stat('Draining', 'short', '1 while the node is about to end.', q.sum(node.draining)),
    stat(
      'Drain ends',
      'dateTimeFromNow',
      'When the drain ends its calls.',
      `1000 * (${q.max(node.drainDeadline)} > 0)`,
      { empty: 'no drain' },
    ),
    graph(
      'Stress',
      'percentunit',
      'How near the node is to the end of what it has, by resource: the highest counts. worker_cpu is the mean of the workers, and below is each.',
      [line('{{node}} {{resource}}', q.sum(node.stress, { by: ['node', 'resource'] }))],
      { thresholds: { warn: 0.7, bad: 0.85 } },
    ),
    stat('Workers', 'short', 'Media workers that run.', q.sum(workers.up)),
    stat(
      'Up since',
      'dateTimeFromNow',
      'When the server process started.',
      `1000 * ${q.max(processes.start)}`,
    ),
    table(
      'What is wrong',
      'short',
      'Findings of the self-check by check, empty while there are none. /readyz and the log say more.',
      [line('', `${q.sum(host.findings, { by: ['node', 'check', 'severity'] })} > 0`)],
      { empty: 'The self-check finds nothing wrong.' },
    ),
    stat(
      'Certificate ends',
      'dateTimeFromNow',
      'When the certificate of the server ends; empty where another program speaks HTTPS.',
      `1000 * ${q.max(host.certificateEnd)}`,
      { empty: 'another program speaks HTTPS' },
    ),
    stat(
      'Clock kept',
      'short',
      '1 while a time service keeps the clock. Tokens are refused by a wrong one.',
      q.sum(host.clockSynchronized),
      { thresholds: { warn: 1, bad: 0.5, below: true } },
    ),
    table('Versions', 'short', 'What runs: Tureen, mediasoup, Bun.', [line('', q.raw(node.buildInfo))]),
  ],
};

const serverRow: BoardSpec['rows'][number] = {
  title: 'Server process',
  panels: [
    graph(
      'Event loop lag',
      's',
      'How late timers fire: everything waits as long.',
      percentiles((share) => q.quantile(share, processes.loopLag)),
      {
        thresholds: { warn: 0.05, bad: 0.1 },
      },
    ),
    graph(
      'CPU',
      'percentunit',
      'Share of a core of the server process, without the media workers.',
      [line('{{node}}', q.rate(processes.cpu, { by: ['node'] }))],
      { thresholds: { warn: 0.6, bad: 0.85 } },
    ),
    graph('Memory', 'bytes', 'Resident memory, and the heap of JavaScript.', [
      line('resident {{node}}', q.sum(processes.memory, { by: ['node'] })),
      line('heap {{node}}', q.sum(processes.heap, { by: ['node'] })),
    ]),
    graph(
      'File descriptors',
      'percentunit',
      'Share of the file descriptors that may be open.',
      [
        line(
          '{{node}}',
          `${q.sum(processes.openFiles, { by: ['node'] })} / ${q.sum(processes.maxFiles, { by: ['node'] })}`,
        ),
      ],
      { thresholds: { warn: 0.7, bad: 0.9 } },
    ),
    graph(
      'Free on the data disk',
      'bytes',
      'Bytes that are free in the folder of the database; empty on a node without one.',
      [line('{{node}}', q.sum(host.dataFree, { by: ['node'] }))],
      { thresholds: { warn: 1e9, bad: 1e8, below: true }, empty: 'The node has no database on a disk.' },
    ),
    graph(
      'Records that wait',
      'short',
      'Records of moderators that the data disk does not take at the moment.',
      [line('{{node}}', q.sum(storage.waiting, { by: ['node'] }))],
    ),
    graph(
      'Decisions for other nodes',
      'short',
      'Bans, removals, users and API keys that the other nodes are still to be told, and those of others that were refused because a clock is wrong.',
      [
        line('{{node}} waiting', q.sum(storage.factsWaiting, { by: ['node'] })),
        line('{{node}} refused', q.increase(storage.factsRefused, { by: ['node'] })),
      ],
    ),
  ],
};

const signalingRow: BoardSpec['rows'][number] = {
  title: 'Signaling',
  panels: [
    graph(
      'Requests by method',
      'reqps',
      'Messages of clients a second.',
      [line('{{method}}', q.rate(signaling.requests, { by: ['method'] }))],
      { stacked: true },
    ),
    graph(
      'Requests by result',
      'reqps',
      'refused: a mistake of the client or a limit; failed: a mistake of the server, see its log.',
      [line('{{result}}', q.rate(signaling.requests, { by: ['result'] }))],
    ),
    graph(
      'Duration',
      's',
      'The 95th percentile of the time to an answer, by method.',
      [line('{{method}}', q.quantile(0.95, signaling.requestDuration, { by: ['method'] }))],
      { thresholds: { warn: 0.25, bad: 1 } },
    ),
    graph('Sockets', 'short', 'Open signaling sockets.', [
      line('{{node}}', q.sum(signaling.sockets, { by: ['node'] })),
    ]),
    graph('Notifications', 'ops', 'Notifications to clients a second.', [
      line('{{node}}', q.rate(signaling.notifications, { by: ['node'] })),
    ]),
    graph(
      'Waiting messages',
      'short',
      'Messages of clients that wait to be handled. It should be near zero.',
      [line('{{node}}', q.sum(signaling.queuedMessages, { by: ['node'] }))],
      { thresholds: { warn: 100, bad: 1000 } },
    ),
    graph('Dropped sockets', 'ops', 'Sockets that the server closed for what the client did, by reason.', [
      line('{{reason}}', q.rate(signaling.drops, { by: ['reason'] })),
    ]),
    graph(
      'Cut sockets',
      'ops',
      'What became of clients whose socket was cut: resumed is how it should be; expired are networks that did not come back in time.',
      [line('{{result}}', q.rate(signaling.resumes, { by: ['result'] }))],
    ),
  ],
};

const perReceiver = ['node', 'receiver'];
const receiverLegend = '{{node}} {{receiver}}';

const webhooksRow: BoardSpec['rows'][number] = {
  title: 'Webhooks',
  panels: [
    graph('Attempts', 'ops', 'Webhooks that were sent, by receiver; those that failed are sent again.', [
      line('{{result}} {{receiver}}', q.rate(webhooks.attempts, { by: ['receiver', 'result'] })),
    ]),
    graph('Waiting', 'short', 'Webhooks in the outbox, by receiver.', [
      line(receiverLegend, q.sum(webhooks.waiting, { by: perReceiver })),
    ]),
    graph(
      'Oldest that waits',
      's',
      'How far a receiver is behind. After TUREEN_WEBHOOK_RETRY_HOURS it becomes a dead letter.',
      [line(receiverLegend, q.max(webhooks.oldest, { by: perReceiver }))],
      { thresholds: { warn: 60, bad: 900 } },
    ),
    graph('Dead letters', 'short', 'Those that were given up and can be replayed, by receiver.', [
      line(receiverLegend, q.sum(webhooks.deadLetters, { by: perReceiver })),
    ]),
    graph('Given up', 'short', 'Became a dead letter, or was lost on a full disk, in the window.', [
      line('{{course}} {{receiver}}', q.increase(webhooks.givenUp, { by: ['receiver', 'course'] })),
    ]),
  ],
};

const measuring: BoardSpec['rows'][number] = {
  title: 'The measuring itself',
  panels: [
    graph('Sampler', 's', 'Time between two passes, and how long a pass takes.', [
      line('interval {{node}}', q.max(sampler.interval, { by: ['node'] })),
      line('pass {{node}}', q.max(sampler.passDuration, { by: ['node'] })),
    ]),
    graph(
      'Asked by the sampler',
      'percentunit',
      'Share of streams and transports that a pass asks. Below 1 the loop or a worker is busy, or there is more than fits into the interval: statistics are older, and distributions of fewer streams.',
      [line('{{node}}', q.sum(sampler.part, { by: ['node'] }))],
      { thresholds: { warn: 1, bad: 0.25, below: true } },
    ),
    graph(
      'Requests of the sampler',
      'reqps',
      'Statistics that were asked for; gone are objects that ended meanwhile.',
      [
        line('{{result}}', q.rate(sampler.requests, { by: ['result'] })),
        line('passes', q.rate(sampler.passes)),
      ],
    ),
    graph(
      'Last samples left out',
      'ops',
      'Objects that ended among too many others to be asked a last time; what they did since their last sample is missing.',
      [line('{{node}}', q.rate(sampler.lastSamplesSkipped, { by: ['node'] }))],
    ),
    graph(
      'Collectors',
      's',
      'How long each part of the page takes to be read.',
      [line('{{collector}}', q.max(collecting.duration, { by: ['collector'] }))],
      { thresholds: { warn: 0.01, bad: 0.05 } },
    ),
    graph(
      'Collectors that work',
      'short',
      '1 for each part of the page that could be read; look into the log for one that could not.',
      [line('{{collector}}', `min by (collector) (${q.raw(collecting.success)})`)],
      { thresholds: { warn: 1, bad: 0.5, below: true } },
    ),
  ],
};

export const nodeBoard: BoardSpec = {
  uid: 'tureen-node',
  title: 'Tureen / Node',
  description: 'One node: its media workers, its event loop, signaling, transports.',
  rows: [state, workersRow, serverRow, signalingRow, transportsRow, webhooksRow, measuring],
};
