import type { Clock } from '../core/clock.ts';
import type { StampedRule } from '../sfu/rooms/room-rules.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { SharedRooms } from './domain.ts';
import type { RequestData, RequestResult } from './messages.ts';
import type { Presence } from './presence.ts';
import type { Wire } from './wire.ts';
import { within } from './within.ts';

export interface RulesSyncOptions {
  readonly domain: Pick<SharedRooms, 'rules' | 'takeRules' | 'onRules'>;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly clock: Clock;
}

/** Rules on their way to a node. */
interface Telling {
  readonly name: string;
  /** Whether it said that it has them. */
  readonly told: Promise<boolean>;
}

interface Collector {
  readonly roomId: string;
  readonly collected: Telling[];
  decided: boolean;
}

const askTimeoutMs = 2000;
/** How long a moderator waits for the other nodes to say that they know. */
const confirmMs = 500;
/** Rules on a page; each has at most a few kilobytes. */
const pageRules = 32;
const maxPages = 512;

/**
 * What moderators decided in a room (locks, limits, mutes) is told to every node at once. A node that opens the room
 * later, or missed something, fetches it when the hash of another node differs from its own.
 */
export class RulesSync {
  readonly #collectors = new Set<Collector>();
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #stop: () => void;

  constructor(private readonly options: RulesSyncOptions) {
    this.#stop = options.domain.onRules((roomId, rules) => this.#tellAll(roomId, rules));
  }

  hashOf(roomId: string): string {
    return this.options.domain.rules(roomId)?.hash ?? '';
  }

  /** Another node said what its rules are. @returns when they are here, or could not be had */
  async stated(from: NodeRef, roomId: string, hash: string): Promise<void> {
    // Empty: whoever has none has nothing to say, and fetches from those who do.
    if (hash === '' || hash === this.hashOf(roomId)) return;
    const key = `${from.life} ${roomId}`;
    const fetching =
      this.#fetching.get(key) ??
      this.#fetch(from.life, roomId)
        // It is tried again when that node says its hash again.
        .catch(() => {})
        .finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    await fetching;
  }

  /**
   * Does something that decides about a room, and waits until every node knows.
   * @returns also the names of nodes that did not say so in time
   */
  async confirming<T>(roomId: string, work: () => Promise<T>): Promise<{ value: T; unconfirmed: string[] }> {
    const { clock, presence } = this.options;
    const collected: Telling[] = [];
    const collector: Collector = { roomId, collected, decided: false };
    this.#collectors.add(collector);
    try {
      const value = await work();
      const waiting = new Set(collected);
      const answers = collected.map(async (telling) => {
        if (await telling.told) waiting.delete(telling);
      });
      await within(clock, confirmMs, Promise.all(answers));
      const silent = [...presence.nodes.values()].filter(({ stale }) => stale && collector.decided);
      const names = [...waiting, ...silent].map(({ name }) => name);
      return { value, unconfirmed: [...new Set(names)].sort() };
    } finally {
      this.#collectors.delete(collector);
    }
  }

  put({ roomId, rules }: RequestData<'rules.put'>): null {
    this.options.domain.takeRules(roomId, rules);
    return null;
  }

  page({ roomId, after }: RequestData<'rules.fetch'>): RequestResult<'rules.fetch'> {
    const all = this.options.domain.rules(roomId)?.all;
    if (!all) return null;
    const rest = after === null ? all : all.filter(([key]) => key > after);
    const page = rest.slice(0, pageRules);
    const next = rest.length > page.length ? (page.at(-1)?.[0] ?? null) : null;
    return { rules: page.map(([, rule]) => rule), next };
  }

  close(): void {
    this.#stop();
  }

  #tellAll(roomId: string, rules: readonly StampedRule[]): void {
    const { presence, wire } = this.options;
    if (!presence.entered) return;
    const tellings = presence.living.map(({ life, name }) => {
      const asked = wire.ask(life, 'rules.put', { roomId, rules: [...rules] }, askTimeoutMs);
      return { name, told: asked.then(() => true).catch(() => false) };
    });
    for (const collector of this.#collectors) {
      if (collector.roomId !== roomId) continue;
      collector.decided = true;
      collector.collected.push(...tellings);
    }
  }

  async #fetch(life: string, roomId: string): Promise<void> {
    const { wire, domain } = this.options;
    let after: string | null = null;
    for (let count = 0; count < maxPages; count += 1) {
      const page: RequestResult<'rules.fetch'> = await wire.ask(
        life,
        'rules.fetch',
        { roomId, after },
        askTimeoutMs,
      );
      if (page === null) return;
      domain.takeRules(roomId, page.rules);
      if (page.next === null) return;
      after = page.next;
    }
  }
}
