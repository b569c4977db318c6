import { actorKinds } from '../../src/core/actors.ts';
import { peerEnds, rejoinReasons } from '../../src/core/ends.ts';
import { errorCodes } from '../../src/core/errors.ts';
import { peerKey } from '../../src/core/peer-key.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';
import type { Collector, Sources } from '../collector.ts';
import { counter, cross, histogram } from '../define.ts';
import type { Page } from '../page.ts';

/** The steps in their order: each connection counts at most once in each. */
const steps = ['connected', 'authorised', 'joined', 'transport_connected', 'first_media'] as const;
type Step = (typeof steps)[number];

/** Codes with which no connection is refused: of requests, of calls that go on, and of tickets, which have their own metric. */
const never: ReadonlySet<string> = new Set([
  'unknown_method',
  'idempotency_mismatch',
  'left',
  'replaced',
  'ticket_refused',
]);

export const metrics = {
  steps: counter({
    name: 'tureen_join_steps_total',
    help: 'Connections that came so far: socket open, let into the room, joined, first transport connected, first media.',
    source: 'event',
    labels: cross({ step: steps }),
  }),
  joins: counter({
    name: 'tureen_joins_total',
    help: 'Attempts to join by result: ok, join_timeout, disconnected before it, or refused.',
    source: 'event',
    labels: cross({ result: ['ok', 'join_timeout', 'disconnected', 'refused', 'other'] }),
  }),
  refusals: counter({
    name: 'tureen_connections_refused_total',
    help: 'Connections that were not let in, by the code of the error.',
    source: 'event',
    labels: cross({ code: [...Object.keys(errorCodes).filter((code) => !never.has(code)), 'other'] }),
  }),
  duration: histogram({
    name: 'tureen_join_duration_seconds',
    help: 'From being let in until the peer joined the call.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30],
  }),
  serverDuration: histogram({
    name: 'tureen_join_server_seconds',
    help: 'What the server took of a join: from an open socket until let in, and to answer what a client asks up to join. What the client and its user do in between does not count.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  firstMedia: histogram({
    name: 'tureen_first_media_seconds',
    help: 'From the moment when a peer is in the call, or publishes if that is later, until the first packet of what it publishes arrives.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
  }),
  sessionDuration: histogram({
    name: 'tureen_session_duration_seconds',
    help: 'How long peers that had joined were in their rooms, told when they leave.',
    unit: 'seconds',
    source: 'event',
    buckets: [10, 60, 300, 900, 1800, 3600, 7200, 14_400],
  }),
  leaves: counter({
    name: 'tureen_peer_leaves_total',
    help: 'Peers that ended, by reason.',
    source: 'event',
    labels: cross({ reason: peerEnds }),
  }),
  kicks: counter({
    name: 'tureen_kicks_total',
    help: 'Peers that were removed, by who did it.',
    source: 'event',
    labels: cross({ by: actorKinds }),
  }),
  rejoins: counter({
    name: 'tureen_peer_rejoins_total',
    help: 'Peers that had to build their media anew, by reason.',
    source: 'event',
    labels: cross({ reason: rejoinReasons }),
  }),
};

/** How far connections come into a call, and how they leave it. */
export const joins: Collector = {
  name: 'joins',
  title: 'Joining and leaving',
  metrics,
  start(sources) {
    const { page, onEvent, onSignalingEvent } = sources;
    onSignalingEvent('connectionRefused', ({ code }) => {
      page.add(metrics.refusals, 1, { code });
      page.add(metrics.joins, 1, { result: 'refused' });
    });
    onEvent('peerRejoin', ({ reason }) => page.add(metrics.rejoins, 1, { reason }));
    followSessions(sources);
    measureJoins(sources);
    measureFirstMedia(sources);
  },
};

/** Counts the steps of each session. */
function followSessions({ page, onEvent, onSignalingEvent, onSample }: Sources): void {
  const sessions = new Map<string, Progress>();
  onSignalingEvent('socketOpened', () => page.add(metrics.steps, 1, { step: 'connected' }));
  onEvent('peerConnected', ({ sessionId }) => {
    const progress = new Progress(page);
    sessions.set(sessionId, progress);
    progress.reach('authorised');
  });
  onEvent('peerJoined', ({ sessionId, duration }) => {
    sessions.get(sessionId)?.reach('joined');
    page.add(metrics.joins, 1, { result: 'ok' });
    page.observe(metrics.duration, duration / 1000);
  });
  onEvent('transportConnected', ({ sessionId }) => sessions.get(sessionId)?.reach('transport_connected'));
  // The first score of a producer comes with its first packet, long before the sampler looks.
  onEvent('producerScore', ({ sessionId, score }) => {
    if (score.length > 0) sessions.get(sessionId)?.reach('first_media');
  });
  onSample('transport', ({ sessionId }) => {
    // Kept here, since the last sample may come after the peer has left.
    const progress = sessions.get(sessionId);
    return {
      sample([stat]) {
        if (stat && stat.rtpBytesReceived + stat.rtpBytesSent > 0) progress?.reach('first_media');
      },
    };
  });
  onEvent('peerLeft', (left) => {
    countLeave(page, left, sessions.get(left.sessionId));
    sessions.delete(left.sessionId);
  });
  // It goes on there, and this node is not told when it leaves.
  onEvent('peerMovedAway', ({ sessionId }) => void sessions.delete(sessionId));
}

/** What comes before `join` is answered, or is it: what a client waits for. */
const joining: ReadonlySet<string> = new Set(['getRouterRtpCapabilities', 'createWebRtcTransport', 'join']);

/** Adds up what the server takes of each join. */
function measureJoins({ page, clock, onEvent, onSignalingEvent }: Sources): void {
  interface Join {
    readonly openedAt: number;
    /** Milliseconds so far; undefined until it is let in. */
    taken?: number;
  }
  const open = new Map<string, Join>();
  onSignalingEvent('socketOpened', (ref) => void open.set(peerKey(ref), { openedAt: clock.elapsed() }));
  onSignalingEvent('socketClosed', (ref) => void open.delete(peerKey(ref)));
  onEvent('peerConnected', (ref) => {
    const join = open.get(peerKey(ref));
    if (join) join.taken = clock.elapsed() - join.openedAt;
  });
  onSignalingEvent('requestHandled', (handled) => {
    if (!joining.has(handled.method)) return;
    const join = open.get(peerKey(handled));
    if (join?.taken === undefined) return;
    join.taken += handled.duration;
    if (handled.method !== 'join' || handled.result !== 'ok') return;
    page.observe(metrics.serverDuration, join.taken / 1000);
    open.delete(peerKey(handled));
  });
}

/** Once a stay: what is published later is its user's choice. */
function measureFirstMedia({ page, clock, onEvent }: Sources): void {
  /** Since when the first packet is waited for, by session; null before anything is published. */
  const waiting = new Map<string, number | null>();
  onEvent('peerJoined', ({ sessionId }) => void waiting.set(sessionId, null));
  onEvent('producerOpened', ({ sessionId, paused }) => {
    if (!paused && waiting.get(sessionId) === null) waiting.set(sessionId, clock.elapsed());
  });
  onEvent('producerScore', ({ sessionId, score }) => {
    const since = waiting.get(sessionId);
    if (typeof since !== 'number' || score.length === 0) return;
    page.observe(metrics.firstMedia, (clock.elapsed() - since) / 1000);
    waiting.delete(sessionId);
  });
  onEvent('peerLeft', ({ sessionId }) => void waiting.delete(sessionId));
  onEvent('peerMovedAway', ({ sessionId }) => void waiting.delete(sessionId));
}

function countLeave(
  page: Page,
  { reason, duration, by }: SfuEvents['peerLeft'],
  progress: Progress | undefined,
): void {
  page.add(metrics.leaves, 1, { reason });
  if (reason === 'removed') page.add(metrics.kicks, 1, { by: by.kind });
  if (progress?.has('joined')) page.observe(metrics.sessionDuration, duration / 1000);
  else page.add(metrics.joins, 1, { result: reason });
}

/** How far one session came. Each step counts once, however often its media is set up again. */
class Progress {
  readonly #done = new Set<Step>();

  constructor(private readonly page: Page) {}

  has(step: Step): boolean {
    return this.#done.has(step);
  }

  /** @returns whether it is the first time */
  reach(step: Step): boolean {
    if (this.#done.has(step)) return false;
    this.#done.add(step);
    this.page.add(metrics.steps, 1, { step });
    return true;
  }
}
