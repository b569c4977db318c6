import type { Clock } from '../../core/clock.ts';
import type { PeerCourse } from '../../core/peer-course.ts';
import type { TimelineLine } from '../../store/timeline-lines.ts';
import type { Timelines } from '../../store/timelines.ts';
import { askEach } from '../ask-each.ts';
import type { Mesh } from '../mesh.ts';
import type { CourseAnswer, TimelinePage, TimelineQuery } from '../read-schemas.ts';
import { gatherMs, gatherNewest, partOf } from './newest.ts';
import type { FoundCourse, LogPlace, PlacedTimelinePage, TimelineWanted } from './view.ts';

interface PeerPlace {
  readonly roomId: string;
  readonly peerId: string;
}

export interface MeshTimelinesOptions {
  readonly mesh: Mesh;
  readonly timelines: Pick<Timelines, 'search' | 'since' | 'hours' | 'courseOf'>;
  /** How the stay of a peer goes that is on this node. */
  readonly courseNow: (roomId: string, peerId: string) => PeerCourse | undefined;
  readonly clock: Clock;
}

/** What happened on all nodes as one timeline, and how the stay of a peer went on whichever it was. */
export class MeshTimelines {
  constructor(private readonly options: MeshTimelinesOptions) {
    options.mesh.answer({
      'read.timeline': (_from, query) => this.#own(query),
      'read.course': (_from, peer) => this.#ownCourse(peer),
    });
  }

  /** @param place where the page before ended; each node counts its own lines */
  async page(wanted: TimelineWanted, place: LogPlace = {}): Promise<PlacedTimelinePage> {
    const { mesh, clock } = this.options;
    const { roomId = null, peer = null, sessionId = null, address = null, limit } = wanted;
    const { from = null, until = null, bad = false } = wanted;
    const query = {
      ...{ roomId, peer, sessionId, address, from, until, bad, limit },
      // Who has a line about another node has it from that node, which is asked itself.
      except: [mesh.self.name, ...mesh.presence.living.map(({ name }) => name)].slice(0, maxNodes),
    };
    const { entries, next, silent, parts } = await gatherNewest<TimelineLine, TimelinePage>({
      ...{ mesh, clock, limit, place },
      own: (before) => this.#own({ ...query, before }),
      ask: (life, before) => mesh.wire.ask(life, 'read.timeline', { ...query, before }, gatherMs),
    });
    const nodes = parts.map(({ node, part: { since, hours } }) => ({ node, since, hours }));
    return { entries, next, silent, nodes };
  }

  /** How the stay of a peer goes, or how its last one went that is kept. */
  async course(peer: PeerPlace): Promise<FoundCourse> {
    const { mesh } = this.options;
    const own = this.#ownCourse(peer);
    // Nobody is on two nodes.
    if (own && own.endedAt === null) return { course: own.course, silent: [] };
    const answers = await askEach(mesh, 'read.course', peer, gatherMs);
    const found = [own, ...answers.map(({ answer }) => answer)].filter((each) => each !== null);
    const endOf = (each: CourseAnswer | undefined) => each?.endedAt ?? Number.POSITIVE_INFINITY;
    const [latest] = found
      .filter((each) => each !== undefined)
      .sort((one, other) => endOf(other) - endOf(one));
    const silent = answers.flatMap(({ node, answer }) => (answer === undefined ? [node.name] : []));
    return { course: latest?.course, silent: latest?.endedAt === null ? [] : silent.sort() };
  }

  #own({ limit, except, bad, ...query }: TimelineQuery): TimelinePage {
    const { timelines } = this.options;
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null));
    const found = timelines.search({ ...given, bad, exceptOf: except, limit: limit + 1 });
    return { ...partOf(found, limit), since: timelines.since ?? null, hours: timelines.hours };
  }

  #ownCourse({ roomId, peerId }: PeerPlace): CourseAnswer | null {
    const now = this.options.courseNow(roomId, peerId);
    if (now) return { course: now, endedAt: null };
    const past = this.options.timelines.courseOf(roomId, peerId);
    return past ? { course: past.course, endedAt: past.time } : null;
  }
}

/** Of a larger mesh some lines are there twice: as their node tells them, and as another one heard them. */
const maxNodes = 256;
