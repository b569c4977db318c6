import type { Clock } from '../../core/clock.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { AuditLog } from '../../store/audit.ts';
import type { ListItems, ListName } from '../list-schemas.ts';
import type { Mesh } from '../mesh.ts';
import type { About } from '../presence.ts';
import type { AuditQuery, ReadPage, ReadQuery, RoomPart } from '../read-schemas.ts';
import type { RemoteNode } from '../remote-node.ts';
import { within } from '../within.ts';
import { MeshAudit } from './audit.ts';
import { type ListOf, MeshLists, type PlacedList } from './lists.ts';
import { readPage } from './pages.ts';
import { MeshPaths } from './paths.ts';
import { MeshTimelines, type MeshTimelinesOptions } from './timelines.ts';
import type {
  FoundCourse,
  Gathered,
  LogPlace,
  MeshView,
  NodeInfo,
  NodePaths,
  PartAge,
  PlacedAuditPage,
  PlacedRoom,
  PlacedTimelinePage,
  TimelineWanted,
} from './view.ts';

export interface MeshReadsOptions extends Pick<MeshTimelinesOptions, 'timelines' | 'courseNow'> {
  readonly mesh: Mesh;
  readonly sfu: Pick<Sfu, 'read' | 'mesh'>;
  readonly auditLog: Pick<AuditLog, 'search'>;
  readonly about: () => Omit<About, 'mesh'>;
  readonly clock: Clock;
}

interface Part {
  readonly at: number;
  readonly rooms: readonly RoomPart[];
}

const gatherMs = 500;
const maxPages = 64;
/** Parts that are kept for nodes that do not answer the next time: of queries that the dashboard repeats. */
const maxKept = 256;

/** Reads what other nodes have. Of a node that does not answer in time the part from before is shown, with its age. */
export class MeshReads implements MeshView {
  readonly #parts = new Map<string, Part>();
  readonly #roundTrips = new Map<string, number>();
  readonly #audit: MeshAudit;
  readonly #timelines: MeshTimelines;
  readonly #lists: MeshLists;
  readonly #paths: MeshPaths;

  constructor(private readonly options: MeshReadsOptions) {
    const { mesh, sfu, auditLog, timelines, courseNow, clock } = options;
    this.#lists = new MeshLists({ mesh, sfu });
    this.#audit = new MeshAudit({ mesh, log: auditLog, clock });
    this.#timelines = new MeshTimelines({ mesh, timelines, courseNow, clock });
    this.#paths = new MeshPaths({ mesh, sfu, clock });
    mesh.answer({ read: (_from, query) => readPage(sfu, query) });
    mesh.presence.events.on('gone', ({ node }) => {
      this.#roundTrips.delete(node.life);
      for (const key of this.#parts.keys()) if (key.startsWith(`${node.life} `)) this.#parts.delete(key);
    });
  }

  get self(): string {
    return this.options.mesh.self.name;
  }

  nodes(): NodeInfo[] {
    const { mesh, about, clock } = this.options;
    const { release, stress = null, ...own } = about();
    const self = {
      ...mesh.self,
      ...own,
      stress,
      self: true,
      version: release,
      stale: false,
      age: 0,
      roundTrip: null,
    };
    const others = [...mesh.presence.nodes.values()].map((node): NodeInfo => {
      const { name, life, region, url, rooms, peers, draining, drainDeadline, stale, stress } = node;
      const age = Math.max(0, Math.round(clock.elapsed() - node.heardAt));
      const roundTrip = this.#roundTrips.get(life) ?? null;
      const state = { rooms, peers, draining, drainDeadline, stress, stale, age, roundTrip };
      return { name, life, self: false, region, url, version: node.release, ...state };
    });
    return [self, ...others.sort((one, other) => (one.name < other.name ? -1 : 1))];
  }

  async paths(): Promise<readonly NodePaths[]> {
    return await this.#paths.all();
  }

  async audit(query: Omit<AuditQuery, 'before'>, place?: LogPlace): Promise<PlacedAuditPage> {
    return await this.#audit.page(query, place);
  }

  async timeline(wanted: TimelineWanted, place?: LogPlace): Promise<PlacedTimelinePage> {
    return await this.#timelines.page(wanted, place);
  }

  async course(peer: { roomId: string; peerId: string }): Promise<FoundCourse> {
    return await this.#timelines.course(peer);
  }

  async list<L extends ListName>(query: ListOf<L>): Promise<PlacedList<ListItems[L]>> {
    return await this.#lists.list(query);
  }

  async statistics(object: { roomId: string; id: string }): Promise<readonly object[] | undefined> {
    return await this.#lists.statistics(object);
  }

  async gather({ roomId, peers }: { roomId?: string; peers: boolean }): Promise<Gathered> {
    const { mesh, clock } = this.options;
    const nodes = [...mesh.presence.nodes.values()];
    const wanted = { roomId: roomId ?? null, peers };
    const reading = nodes.filter(({ stale }) => !stale).map((node) => this.#read(node, wanted));
    await within(clock, gatherMs, Promise.all(reading));
    const found = nodes.map((node) => this.#part(node, wanted));
    return { nodes: found.map(({ age }) => age), rooms: found.flatMap(({ rooms }) => rooms) };
  }

  #part(node: RemoteNode, wanted: object): { age: PartAge; rooms: PlacedRoom[] } {
    const part = this.#parts.get(keyOf(node.life, wanted));
    const age = part ? Math.max(0, Math.round(this.options.clock.elapsed() - part.at)) : null;
    const rooms = (part?.rooms ?? []).map((each) => ({ ...each, node: node.name }));
    return { age: { node: node.name, age }, rooms };
  }

  async #read(node: RemoteNode, wanted: { roomId: string | null; peers: boolean }): Promise<void> {
    const { mesh, clock } = this.options;
    const { life } = node;
    const startedAt = clock.elapsed();
    const rooms: RoomPart[] = [];
    let after: ReadPage['next'] = null;
    for (let count = 0; count < maxPages; count += 1) {
      const query: ReadQuery = { ...wanted, after };
      const page = await mesh.wire.ask(life, 'read', query, gatherMs).catch(() => undefined);
      // What is missing at the end of a part would be taken for absent.
      if (!page) return;
      if (count === 0) this.#roundTrips.set(life, Math.round((clock.elapsed() - startedAt) * 10) / 10);
      for (const part of page.rooms) append(rooms, part);
      after = page.next;
      if (after === null) return this.#keep(node, wanted, rooms);
    }
  }

  #keep({ life }: RemoteNode, wanted: object, rooms: readonly RoomPart[]): void {
    if (!this.options.mesh.presence.nodes.has(life)) return;
    const key = keyOf(life, wanted);
    this.#parts.delete(key);
    this.#parts.set(key, { at: this.options.clock.elapsed(), rooms });
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > maxKept && oldest !== undefined) this.#parts.delete(oldest);
  }
}

const keyOf = (life: string, wanted: object) => `${life} ${JSON.stringify(wanted)}`;

/** Puts a room behind the others, or more of its peers to the part of it that is there. */
function append(rooms: RoomPart[], part: RoomPart): void {
  const last = rooms.at(-1);
  if (last?.room.id !== part.room.id) return void rooms.push(part);
  const room = { ...last.room, ...part.room, peers: [...last.room.peers, ...part.room.peers] };
  rooms[rooms.length - 1] = { room, counts: part.counts };
}
