import { PeerQualities } from '../../metrics/peer-qualities.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { SignalingBus } from '../signaling/events.ts';
import type { Timelines } from '../store/timelines.ts';
import { PeerCourses } from '../timelines/courses.ts';
import { Recorder } from '../timelines/recorder.ts';
import { logEvents, sfuLevels, signalingLevels } from './log-events.ts';

/** What is told of calls: now in the log, and later in the timelines. */
export interface History {
  /** How the stays of peers go. */
  readonly courses: PeerCourses;
  /** What is measured of them; the metrics fill it. */
  readonly qualities: PeerQualities;
}

export interface HistoryOptions {
  readonly sfu: Sfu;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Follows the domain from its start: who reads how a stay went does so after this. */
export function followDomain({ sfu, log, clock }: HistoryOptions): History {
  const { events, read } = sfu;
  const qualities = new PeerQualities();
  const courses = new PeerCourses({ events, read, clock, qualities });
  const peerLeft = ({ sessionId }: { sessionId: string }) => {
    // How it ended is in the event itself.
    const { end: _, ...course } = courses.ended(sessionId) ?? { end: null };
    return course;
  };
  logEvents(events, sfuLevels, { log, clock, more: { peerLeft } });
  return { courses, qualities };
}

export interface RecordHistoryOptions extends HistoryOptions {
  readonly history: History;
  readonly signaling: SignalingBus;
  readonly timelines: Timelines;
  readonly ends: AsyncDisposableStack;
}

/** Follows signaling as well, and keeps what happens. */
export function recordHistory({ sfu, log, clock, history, ends, ...options }: RecordHistoryOptions): void {
  const { signaling, timelines } = options;
  const { courses } = history;
  logEvents(signaling, signalingLevels, { log, clock });
  courses.followRequests(signaling);
  const { events, mesh } = sfu;
  const recorder = new Recorder({ events, signaling, remote: mesh.events, courses, timelines, clock });
  ends.adopt(recorder, (started) => started.close());
}
