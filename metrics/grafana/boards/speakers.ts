import { metrics as rooms } from '../../collectors/rooms.ts';
import { metrics as speakers } from '../../collectors/speakers.ts';
import { type BoardSpec, graph, line, percentiles, q, stat } from '../spec.ts';

export const speakersBoard: BoardSpec = {
  uid: 'tureen-speakers',
  title: 'Tureen / Speakers',
  description: 'Who speaks, how loud, and how often it changes: whether calls are conversations.',
  rows: [
    {
      title: 'Speaking',
      panels: [
        stat('Speaking now', 'short', 'Peers that are heard now.', q.sum(speakers.speakingPeers)),
        stat(
          'Rooms with a speaker',
          'short',
          'Rooms that have an active speaker now.',
          q.sum(speakers.roomsWithSpeaker),
        ),
        stat(
          'Rooms with a speaker, share',
          'percentunit',
          'The same as a share of all rooms.',
          `${q.sum(speakers.roomsWithSpeaker)} / clamp_min(${q.sum(rooms.rooms)}, 1)`,
        ),
        graph('Speaking peers', 'short', 'Peers that are heard, by node.', [
          line('{{node}}', q.sum(speakers.speakingPeers, { by: ['node'] })),
        ]),
        graph('Time with a speaker', 'percentunit', 'How much of their time rooms have an active speaker.', [
          line('share', `${q.rate(speakers.seconds)} / clamp_min(${q.sum(rooms.rooms)}, 1)`),
        ]),
        graph('Changes of the speaker', 'ops', 'How often somebody else becomes the active speaker.', [
          line('{{node}}', q.rate(speakers.changes, { by: ['node'] })),
        ]),
        graph('Silences', 'ops', 'How often a room falls silent.', [
          line('{{node}}', q.rate(speakers.silences, { by: ['node'] })),
        ]),
        graph(
          'Levels',
          'short',
          'How loud speaking peers are, in dBov: 0 is the loudest, -30 is usual speech. Many at -60: microphones that are too quiet.',
          percentiles((share) => q.quantile(share, speakers.level), '', [0.05, 0.5, 0.95]),
          { empty: 'Nobody has spoken in this time.' },
        ),
      ],
    },
  ],
};
