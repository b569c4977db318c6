import type { Clock } from '../../core/clock.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import { askEach } from '../ask-each.ts';
import type { Mesh } from '../mesh.ts';
import type { PathsPage } from '../read-schemas.ts';
import type { RemoteNode } from '../remote-node.ts';
import { within } from '../within.ts';
import type { NodePaths } from './view.ts';

export interface MeshPathsOptions {
  readonly mesh: Mesh;
  readonly sfu: Pick<Sfu, 'mesh'>;
  readonly clock: Clock;
}

const pingMs = 500;
/** Longer than a node takes that pings others of which one does not answer. */
const askMs = 1000;
/** Pages that are drawn within this time share what was asked. */
const sharedMs = 1000;
/** However many look, each node measures so often at most. */
const freshMs = 2000;
/** Nodes that are compared: each asks each. */
const maxNodes = 16;

/** How every node reaches every other one, and what media comes to it from there. */
export class MeshPaths {
  #measured: PathsPage = { paths: [] };
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;
  #said: Promise<NodePaths[]> | undefined;
  #saidAt = 0;

  constructor(private readonly options: MeshPathsOptions) {
    options.mesh.answer({ 'read.paths': () => this.#own() });
  }

  /** What all say; those who ask within a second share one answer. */
  async all(): Promise<readonly NodePaths[]> {
    const now = this.options.clock.elapsed();
    if (!this.#said || now - this.#saidAt >= sharedMs) {
      this.#said = this.#ask();
      this.#saidAt = now;
    }
    return await this.#said;
  }

  async #ask(): Promise<NodePaths[]> {
    const { mesh } = this.options;
    const others = this.#others();
    const names = new Map([mesh.self, ...mesh.presence.nodes.values()].map(({ life, name }) => [life, name]));
    const named = (node: string, page: PathsPage | undefined): NodePaths => {
      const paths = page?.paths.flatMap(({ life, ...path }) => {
        const to = names.get(life);
        return to === undefined ? [] : { node: to, ...path };
      });
      return { node, paths: paths ?? null };
    };
    const [own, asked] = await Promise.all([this.#own(), askEach(mesh, 'read.paths', {}, askMs, others)]);
    return [named(mesh.self.name, own), ...asked.map(({ node, answer }) => named(node.name, answer))];
  }

  #others(): RemoteNode[] {
    const { presence } = this.options.mesh;
    const nodes = [...presence.nodes.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return nodes.slice(0, maxNodes - 1);
  }

  async #own(): Promise<PathsPage> {
    if (this.options.clock.elapsed() - this.#measuredAt >= freshMs) {
      this.#measuring ??= this.#measure().finally(() => {
        this.#measuring = undefined;
      });
      await this.#measuring;
    }
    return this.#measured;
  }

  async #measure(): Promise<void> {
    const { sfu, clock } = this.options;
    const [traffic = [], roundTrips] = await Promise.all([
      // A worker that hangs says nothing for ever.
      within(clock, pingMs, sfu.mesh.traffic()),
      Promise.all(this.#others().map(async (node) => [node.life, await this.#ping(node)] as const)),
    ]);
    const unreachable = sfu.mesh.unreachable();
    const incoming = traffic.filter(({ direction }) => direction === 'in');
    const paths = roundTrips.map(([life, roundTrip]) => ({
      ...{ life, roundTrip },
      bitrate: incoming
        .filter((pipe) => pipe.life === life)
        .reduce((sum, { statistics }) => sum + statistics.recvBitrate, 0),
      unreachable: unreachable.get(life) ?? 0,
    }));
    this.#measured = { paths };
    this.#measuredAt = clock.elapsed();
  }

  /** Milliseconds; null when it does not answer. */
  async #ping({ life, stale }: RemoteNode): Promise<number | null> {
    const { mesh, clock } = this.options;
    if (stale) return null;
    const startedAt = clock.elapsed();
    const answer = await mesh.wire.ask(life, 'ping', {}, pingMs).catch(() => undefined);
    return answer === undefined ? null : Math.round((clock.elapsed() - startedAt) * 10) / 10;
  }
}
