import type { Logger } from '../core/log.ts';
import type { Presence } from './presence.ts';
import type { RemoteNode } from './remote-node.ts';

export interface StrangersOptions {
  /** The id of the mesh that this node belongs to; null while it knows none. */
  readonly meshId: () => string | null;
  readonly presence: Pick<Presence, 'living' | 'events'>;
  readonly log: Logger;
}

/**
 * Nodes that share rooms with this one and keep their bans, users and API keys elsewhere, as one does beside a leaf node
 * with a JetStream of its own. The fewer are unready, so that one that is set up wrong stops no other.
 */
export class Strangers {
  readonly #named = new Set<string>();
  #ends: (() => void)[] = [];

  constructor(private readonly options: StrangersOptions) {}

  start(): void {
    const { presence } = this.options;
    this.#ends = [
      presence.events.on('heard', ({ node }) => this.#name(node)),
      presence.events.on('gone', ({ node }) => void this.#named.delete(node.life)),
    ];
  }

  /** Why new calls should go elsewhere, when as many nodes as here, or more, belong together without this one. */
  get unreadyReason(): string | undefined {
    const groups = Map.groupBy(this.options.presence.living, ({ mesh }) => mesh);
    const own = this.options.meshId();
    const here = 1 + (groups.get(own)?.length ?? 0);
    for (const [mesh, [first, ...others]] of groups)
      if (first && this.#isOther(mesh) && 1 + others.length >= here)
        return `node "${first.name}" keeps its bans, users and API keys elsewhere than this node; set TUREEN_BUS_DOMAIN of every node to the JetStream domain of the hub`;
    return undefined;
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #isOther(mesh: string | null): boolean {
    const own = this.options.meshId();
    return mesh !== null && own !== null && mesh !== own;
  }

  #name(node: RemoteNode): void {
    if (!this.#isOther(node.mesh) || this.#named.has(node.life)) return;
    this.#named.add(node.life);
    this.options.log.warn(
      'a node keeps its bans, users and API keys elsewhere; they are not shared with it',
      {
        ...{ node: node.name, mesh: node.mesh },
        wants: 'TUREEN_BUS_DOMAIN of every node is the JetStream domain of the hub',
      },
    );
  }
}
