import { actorKinds } from '../../src/core/actors.ts';
import { peerEnds, rejoinReasons, roomEnds } from '../../src/core/ends.ts';
import { counter, cross, gauge, histogram } from './define.ts';
import { errorNames, workerLabel } from './labels.ts';

export const rooms = gauge({ name: 'tureen_rooms', help: 'Rooms that are open.', source: 'state' });

export const roomsByWorker = gauge({
  name: 'tureen_worker_rooms',
  help: 'Rooms by worker; a room that spread over several workers counts on each.',
  source: 'state',
  labels: workerLabel,
});

export const roomsOpened = counter({
  name: 'tureen_rooms_opened_total',
  help: 'Rooms that were opened.',
  source: 'event',
});
export const roomsClosed = counter({
  name: 'tureen_rooms_closed_total',
  help: 'Rooms that ended, by reason.',
  source: 'event',
  labels: cross({ reason: roomEnds }),
});

export const peers = gauge({
  name: 'tureen_peers',
  help: 'Peers by state: connected is in the room and has not joined the call.',
  source: 'state',
  labels: cross({ state: ['connected', 'joined'] }),
});

/** The steps in their order: each connection counts at most once in each. */
export const joinStepNames = [
  'connected',
  'authorised',
  'joined',
  'transport_connected',
  'first_media',
] as const;
export type JoinStep = (typeof joinStepNames)[number];

export const joinSteps = counter({
  name: 'tureen_join_steps_total',
  help: 'Connections that came so far: socket open, let into the room, joined, first transport connected, first media.',
  source: 'event',
  labels: cross({ step: joinStepNames }),
});

export const joins = counter({
  name: 'tureen_joins_total',
  help: 'Attempts to join by result: ok, join_timeout, disconnected before it, or refused.',
  source: 'event',
  labels: cross({ result: ['ok', 'join_timeout', 'disconnected', 'refused', 'other'] }),
});

export const refusals = counter({
  name: 'tureen_connections_refused_total',
  help: 'Connections that were not let in, by the code of the error.',
  source: 'event',
  labels: cross({ code: [...errorNames, 'other'] }),
});

export const joinDuration = histogram({
  name: 'tureen_join_duration_seconds',
  help: 'From being let in until the peer joined the call.',
  unit: 'seconds',
  source: 'event',
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30],
});

export const sessionDuration = histogram({
  name: 'tureen_session_duration_seconds',
  help: 'How long peers that had joined were in their rooms, told when they leave.',
  unit: 'seconds',
  source: 'event',
  buckets: [10, 60, 300, 900, 1800, 3600, 7200, 14_400],
});

export const leaves = counter({
  name: 'tureen_peer_leaves_total',
  help: 'Peers that ended, by reason.',
  source: 'event',
  labels: cross({ reason: peerEnds }),
});

export const kicks = counter({
  name: 'tureen_kicks_total',
  help: 'Peers that were removed, by who did it.',
  source: 'event',
  labels: cross({ by: actorKinds }),
});

export const rejoins = counter({
  name: 'tureen_peer_rejoins_total',
  help: 'Peers that had to build their media anew, by reason.',
  source: 'event',
  labels: cross({ reason: rejoinReasons }),
});

export const speakingPeers = gauge({
  name: 'tureen_speaking_peers',
  help: 'Peers that are heard now.',
  source: 'state',
});
export const roomsWithSpeaker = gauge({
  name: 'tureen_rooms_with_active_speaker',
  help: 'Rooms that have an active speaker now.',
  source: 'state',
});
export const speakerChanges = counter({
  name: 'tureen_active_speaker_changes_total',
  help: 'Changes of the active speaker from one peer to another, or from silence to a peer.',
  source: 'event',
});
export const speakerSeconds = counter({
  name: 'tureen_active_speaker_seconds_total',
  help: 'Time that rooms had an active speaker, added over rooms.',
  unit: 'seconds',
  source: 'event',
});
export const silences = counter({
  name: 'tureen_silences_total',
  help: 'Times that a room fell silent.',
  source: 'event',
});
export const audioLevel = histogram({
  name: 'tureen_audio_level_dbov',
  help: 'Levels of speaking peers, from -127 (silent) to 0 dBov (RFC 6464). Quieter than -70 is silence and not told.',
  unit: 'dBov',
  source: 'event',
  buckets: [-70, -60, -50, -45, -40, -35, -30, -25, -20, -10, 0],
});
