import { metrics as joins } from '../../collectors/joins.ts';
import { metrics as rooms } from '../../collectors/rooms.ts';
import { metrics as transports } from '../../collectors/transports.ts';
import { type BoardSpec, bars, graph, line, percentiles, q, stat } from '../spec.ts';

/** Of those who come: there are none on a quiet node. */
const noJoins = 'Nobody has come in this time.';
const inRange = { over: '$__range' };

export const joinsBoard: BoardSpec = {
  uid: 'tureen-joins',
  title: 'Tureen / Joins and failures',
  description: 'Who wanted into a call, how far they came, and what stopped them.',
  rows: [
    {
      title: 'The way in',
      panels: [
        bars(
          'Steps',
          'short',
          'Connections that came so far, in the chosen time. A big step down is where people are lost.',
          [line('{{step}}', q.increase(joins.steps, { by: ['step'], ...inRange }))],
          { width: 12 },
        ),
        stat('Join p95', 's', 'What the server takes of a join.', q.quantile(0.95, joins.serverDuration), {
          thresholds: { warn: 0.25, bad: 0.5 },
          empty: noJoins,
        }),
        stat(
          'Connected p95',
          's',
          'From the moment when a client gives its side of a connection until it is connected.',
          q.quantile(0.95, transports.connectDuration),
          { thresholds: { warn: 1, bad: 3 }, empty: noJoins },
        ),
        stat(
          'First media p95',
          's',
          'From joining and publishing until the first packet arrives.',
          q.quantile(0.95, joins.firstMedia),
          { thresholds: { warn: 1.5, bad: 4 }, empty: noJoins },
        ),
        stat(
          'Transport failures',
          'percentunit',
          'Share of transports that failed among those that tried to connect.',
          `${q.rate(transports.failures)} / (${q.rate(transports.failures)} + ${q.countRate(transports.connectDuration)} > 0)`,
          { thresholds: { warn: 0.05, bad: 0.1 }, empty: noJoins },
        ),
        graph('Joins by result', 'ops', 'Attempts to join a second.', [
          line('{{result}}', q.rate(joins.joins, { by: ['result'] })),
        ]),
        graph(
          'What the server takes of a join',
          's',
          'From an open socket until let in, and to answer what the client asks up to join.',
          percentiles((share) => q.quantile(share, joins.serverDuration)),
          { thresholds: { warn: 0.25, bad: 0.5 }, empty: noJoins },
        ),
        graph(
          'Duration of a join',
          's',
          'From being let in until joined. Most of it is the client and its user: a browser that asks for the microphone waits for an answer.',
          percentiles((share) => q.quantile(share, joins.duration)),
          { empty: noJoins },
        ),
        graph(
          'Time to connected',
          's',
          'From the moment when a client gives its side of a connection until ICE and DTLS are done.',
          percentiles((share) => q.quantile(share, transports.connectDuration)),
          { thresholds: { warn: 1, bad: 3 }, empty: noJoins },
        ),
        graph(
          'Time to first media',
          's',
          'From the moment when a peer is in the call, or publishes if that is later, until its first packet arrives.',
          percentiles((share) => q.quantile(share, joins.firstMedia)),
          { thresholds: { warn: 1.5, bad: 4 }, empty: noJoins },
        ),
      ],
    },
    {
      title: 'Failures',
      panels: [
        graph(
          'Refused',
          'ops',
          'Connections that were not let in, by the code of the error (docs/protocol.md).',
          [line('{{code}}', `${q.rate(joins.refusals, { by: ['code'] })}`)],
        ),
        graph(
          'Failed transports',
          'ops',
          'ice_failed: lost and not back in time; dtls_failed; never_connected: the client tried, no packet came through (firewalls, the announced address).',
          [line('{{reason}}', q.rate(transports.failures, { by: ['reason'] }))],
        ),
        graph('Ends of transports', 'ops', 'Why transports end.', [
          line('{{reason}}', q.rate(transports.closes, { by: ['reason'] })),
        ]),
        graph(
          'Rejoins',
          'ops',
          'Peers that had to build their media anew: a worker died, or the room was moved.',
          [line('{{reason}}', q.rate(joins.rejoins, { by: ['reason'] }))],
        ),
      ],
    },
    {
      title: 'Sessions and rooms',
      panels: [
        graph('Leaves', 'ops', 'Why peers end: left and disconnected are usual.', [
          line('{{reason}}', q.rate(joins.leaves, { by: ['reason'] })),
        ]),
        graph('Kicks', 'ops', 'Peers that were removed, by who did it.', [
          line('{{by}}', q.rate(joins.kicks, { by: ['by'] })),
        ]),
        graph(
          'Duration of a session',
          's',
          'How long peers stay.',
          percentiles((share) => q.quantile(share, joins.sessionDuration, inRange), '', [0.5, 0.95]),
          { empty: 'Nobody has left in this time.' },
        ),
        graph('Peers by state', 'short', 'connected peers have not joined yet.', [
          line('{{state}}', q.sum(rooms.peers, { by: ['state'] })),
        ]),
        graph(
          'Publishers and subscribers',
          'short',
          'Peers that publish something, and that receive something. Most are both.',
          [line('{{role}}', q.sum(rooms.byRole, { by: ['role'] }))],
        ),
        graph(
          'Sizes of rooms',
          'short',
          'Rooms by the number of peers in them, of each node.',
          [line('{{size}} peers', q.sum(rooms.bySize, { by: ['size'] }))],
          { stacked: true },
        ),
        graph('Rooms opened and closed', 'ops', 'Rooms that begin, and that end by reason.', [
          line('opened', q.rate(rooms.opened)),
          line('closed: {{reason}}', q.rate(rooms.closed, { by: ['reason'] })),
        ]),
      ],
    },
  ],
};
