import { type Random, randomOf } from '../../../test/support/random.ts';
import { application, media, silent, walker } from './guests/callers.ts';
import type { Enter, Guest, Place } from './guests/guest.ts';
import { broadcaster, controller } from './guests/programs.ts';
import { player, publisher } from './guests/whip.ts';
import { moderate } from './moderation.ts';

export interface ChurnOptions {
  readonly port: number;
  readonly seed: number;
  readonly key: string;
  readonly rate: number;
}

/** What the clients know: who is in a room, and who may be. */
export interface ChurnReport {
  /** `room/peer` of everybody who has to be there. */
  readonly must: readonly string[];
  /** Of those who may be there: their media was taken away, and such clients do not find that out. */
  readonly may: readonly string[];
  /** Players, whose peers have names that only the server knows. */
  readonly players: { readonly least: number; readonly most: number };
  /** How often each kind of guest came, and each other thing was done. */
  readonly done: Readonly<Record<string, number>>;
  /** What was refused, by its reason: such things happen when others act at the same moment. */
  readonly refused: Readonly<Record<string, number>>;
  /** What got no answer within the time-out. That never has to happen. */
  readonly unanswered: readonly string[];
}

const rooms = 5;
const peersPerKind = 4;
const mostGuests = 50;
const timeoutMs = 30_000;
/** Reasons that are kept apart. */
const maxReasons = 40;

const kinds = {
  older: walker(false),
  fast: walker(true),
  application,
  media,
  silent,
  broadcaster,
  controller,
  publisher,
  player,
} as const satisfies Readonly<Record<string, Enter>>;
type Kind = keyof typeof kinds;

/** Callers that are told when their media is gone, and set it up again. */
const recovering: ReadonlySet<Kind> = new Set(['older', 'fast']);

interface Entry {
  readonly kind: Kind;
  readonly key: string;
  guest?: Guest;
  /** Its media was taken away, so it may be there or not. */
  shaken: boolean;
}

/** Guests of every kind, who come, act, go and are put out, so many things a second. */
export class Churn {
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  readonly #done: Record<string, number> = {};
  readonly #refused: Record<string, number> = {};
  readonly #unanswered: string[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #ssrc = 1000;

  constructor(private readonly options: ChurnOptions) {
    this.#random = randomOf(options.seed);
  }

  go(): void {
    this.#timer ??= setInterval(() => this.#step(), 1000 / this.options.rate);
  }

  /** Stops, and waits for what is being done. */
  async hold(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    while (this.#running.size > 0) await Promise.all(this.#running);
    for (const [key, { guest }] of this.#entries) if (!guest || guest.gone) this.#entries.delete(key);
  }

  /** Everybody goes. */
  async empty(): Promise<void> {
    for (const entry of this.#entries.values()) this.#start(`${entry.kind} leaves`, () => this.#leave(entry));
    await this.hold();
  }

  /** A worker died or a room moved: clients that do not follow that may be there or not. */
  mediaLost(roomId?: string): void {
    for (const entry of this.#entries.values())
      if (roomId === undefined || entry.key.startsWith(`${roomId}/`)) entry.shaken = true;
  }

  report(): ChurnReport {
    const there = [...this.#entries.values()].filter(({ guest }) => guest && !guest.gone);
    const isSure = ({ kind, shaken }: Entry) => !shaken || recovering.has(kind);
    const named = there.filter(({ kind }) => kind !== 'player');
    const players = there.filter(({ kind }) => kind === 'player');
    return {
      must: named.filter(isSure).map(({ key }) => key),
      may: named.filter((entry) => !isSure(entry)).map(({ key }) => key),
      players: { least: players.filter(isSure).length, most: players.length },
      done: this.#done,
      refused: this.#refused,
      unanswered: this.#unanswered,
    };
  }

  #step(): void {
    const entries = [...this.#entries.values()].filter(({ guest }) => guest !== undefined);
    const chosen = this.#random.next();
    if (entries.length === 0 || (chosen < 0.3 && entries.length < mostGuests)) return this.#enterOne();
    const entry = this.#random.pick(entries);
    if (chosen < 0.75) return this.#start('acts', async () => await entry.guest?.act());
    if (chosen < 0.93 || entry.guest?.gone)
      return this.#start(`${entry.kind} leaves`, () => this.#leave(entry));
    this.#start('moderation', () => this.#moderate(entry));
  }

  #enterOne(): void {
    const kind = this.#random.pick(Object.keys(kinds) as Kind[]);
    const roomId = `soak-${this.#random.below(rooms)}`;
    const peerId = `${roomId}:${kind}-${this.#random.below(peersPerKind)}`;
    const key = `${roomId}/${peerId}`;
    if (this.#entries.has(key)) return;
    const entry: Entry = { kind, key, shaken: false };
    this.#entries.set(key, entry);
    this.#start(kind, async () => {
      try {
        entry.guest = await kinds[kind](this.#place(roomId, peerId));
        if (this.#entries.get(key) === entry) return;
        // Its room was closed meanwhile, before it came or after.
        entry.shaken = true;
        this.#entries.set(key, entry);
      } catch (error) {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        throw error;
      }
    });
  }

  #place(roomId: string, peerId: string): Place {
    const { port, key } = this.options;
    const ssrc = () => {
      this.#ssrc += 10;
      return this.#ssrc;
    };
    return { port, key, roomId, peerId, ssrc, random: this.#random };
  }

  /** Its place is free once it has left: what it says by its id would otherwise meet who came after it. */
  async #leave(entry: Entry): Promise<void> {
    const { guest, key } = entry;
    delete entry.guest;
    try {
      await guest?.leave();
    } finally {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    }
  }

  async #moderate(entry: Entry): Promise<void> {
    const { guest } = entry;
    if (!guest) return;
    const { port, key } = this.options;
    // A moved room takes the media away before the answer is here, from those who enter meanwhile too.
    this.mediaLost(guest.place.roomId);
    const { removed = [], closedRoom } = await moderate({ port, key, random: this.#random }, guest.place);
    this.mediaLost(guest.place.roomId);
    const isOut = ({ key: at }: Entry) =>
      removed.some(({ roomId, peerId }) => at === `${roomId}/${peerId}`) ||
      at.startsWith(`${closedRoom ?? '\0'}/`);
    // They let go of what they have on their own side.
    for (const other of [...this.#entries.values()].filter(isOut)) await this.#leave(other).catch(() => {});
  }

  #start(what: string, task: () => Promise<void>): void {
    this.#done[what] = (this.#done[what] ?? 0) + 1;
    const run = this.#inTime(what, task).catch((error: unknown) => this.#count(what, error));
    this.#running.add(run);
    void run.then(() => this.#running.delete(run));
  }

  async #inTime(what: string, task: () => Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#unanswered.push(`${what} at ${new Date().toISOString()}`);
      late.resolve();
    }, timeoutMs);
    await Promise.race([task(), late.promise]).finally(() => clearTimeout(timer));
  }

  #count(what: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const reason = `${what}: ${text.replaceAll(/soak-\d[^" ]*|[0-9a-f-]{36}|\d{3,}/g, '..').slice(0, 160)}`;
    if (reason in this.#refused || Object.keys(this.#refused).length < maxReasons)
      this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }
}
