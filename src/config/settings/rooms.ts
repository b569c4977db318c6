import { defaulted, integer, type Settings } from '../kinds.ts';

const hour = 3600;

/** Limits and times of rooms, of their peers, and of the peers' signaling connections. */
export const roomSettings = {
  maxPeersPerRoom: defaulted(
    integer(
      { from: 1, to: 100_000 },
      { env: 'TUREEN_MAX_PEERS_PER_ROOM', doc: 'Peers that a room may have.' },
    ),
    500,
  ),
  announcedAudience: defaulted(
    integer(
      { from: 0, to: 100_000 },
      {
        env: 'TUREEN_ANNOUNCED_AUDIENCE',
        doc: 'Up to so many peers in a room, clients that do not take the roster in batches are told of each peer of the audience, too; of those that come later they are not. Who may publish is always told of.',
      },
    ),
    200,
  ),
  maxSessionsPerSubject: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_MAX_SESSIONS_PER_SUBJECT',
        doc: 'Players by WHEP that the subject of a token may have in a room at once.',
      },
    ),
    16,
  ),
  maxSessionsPerAddress: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_MAX_SESSIONS_PER_ADDRESS',
        doc: 'Sessions by WHIP and WHEP that tokens for peers may have from one address, or one IPv6 /64, at once. Those of programs, and those from this machine, are not limited.',
      },
    ),
    200,
  ),
  maxTransportsPerPeer: defaulted(
    integer(
      { from: 1, to: 64 },
      { env: 'TUREEN_MAX_TRANSPORTS_PER_PEER', doc: 'Transports that a peer may have.' },
    ),
    8,
  ),
  maxProducersPerPeer: defaulted(
    integer(
      { from: 1, to: 256 },
      { env: 'TUREEN_MAX_PRODUCERS_PER_PEER', doc: 'Producers that a peer may have.' },
    ),
    16,
  ),
  maxDataProducersPerPeer: defaulted(
    integer(
      { from: 1, to: 256 },
      { env: 'TUREEN_MAX_DATA_PRODUCERS_PER_PEER', doc: 'Data producers that a peer may have.' },
    ),
    16,
  ),
  emptyRoomSeconds: defaulted(
    integer(
      { from: 0, to: 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_EMPTY_ROOM_SECONDS', doc: 'How long a room without peers is kept, in seconds.' },
    ),
    20,
  ),
  joinSeconds: defaulted(
    integer(
      { from: 1, to: 600, unit: 'seconds' },
      {
        env: 'TUREEN_JOIN_SECONDS',
        doc: 'How long a socket may be open without joining, in seconds; each of its messages starts the time again.',
      },
    ),
    60,
  ),
  resumeSeconds: defaulted(
    integer(
      { from: 0, to: 600, unit: 'seconds' },
      {
        env: 'TUREEN_RESUME_SECONDS',
        doc: 'How long a peer stays in the call when its socket is cut and its client can resume, in seconds; 0 ends it at once.',
      },
    ),
    20,
  ),
  whipConnectSeconds: defaulted(
    integer(
      { from: 1, to: 600, unit: 'seconds' },
      {
        env: 'TUREEN_WHIP_CONNECT_SECONDS',
        doc: 'How long a session by WHIP or WHEP may be open without a connection for its media, in seconds.',
      },
    ),
    10,
  ),
  idleSeconds: defaulted(
    integer(
      { from: 8, to: 960, unit: 'seconds' },
      {
        env: 'TUREEN_IDLE_SECONDS',
        doc: 'A peer or controller that sends nothing for this long, answers to pings included, is disconnected, in seconds.',
      },
    ),
    30,
  ),
  messagesPerSecond: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_MESSAGES_PER_SECOND',
        doc: 'Messages a second that one socket may send over time; short bursts of five times as many pass. A message counts once for each KiB that it has begun.',
      },
    ),
    50,
  ),
} as const satisfies Settings;
