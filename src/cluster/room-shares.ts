import type { Clock } from '../core/clock.ts';
import type { RemoteEnd } from '../core/ends.ts';
import type { Logger } from '../core/log.ts';
import type { NodeRef, ShareChange, SharesOfOthers } from '../sfu/rooms/share.ts';
import type { LocalShare } from './local-share.ts';
import type { HelloAnswer, RoomStatement } from './messages.ts';
import { eachOf, OutgoingChanges } from './outgoing-changes.ts';
import type { Presence } from './presence.ts';
import { type NumberedChange, RemoteShare } from './remote-share.ts';
import { fetchPages } from './snapshots.ts';
import type { RoomMessage, Wire } from './wire.ts';

export interface RoomSharesOptions {
  readonly roomId: string;
  readonly self: NodeRef;
  readonly local: LocalShare;
  readonly roster: SharesOfOthers;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly log: Logger;
  readonly clock: Clock;
  /** Of what was decided in the room, as far as it is known here. */
  readonly rulesHash: () => string;
  /** How the room began, as far as it is known here. */
  readonly origin: () => RoomStatement['origin'];
  readonly originStated: (origin: NonNullable<RoomStatement['origin']>) => void;
  /** Fetches what was decided, where another node says something else. */
  readonly rulesStated: (from: NodeRef, hash: string) => Promise<void>;
  /** What nodes say in the room beside their shares. */
  readonly told: (from: NodeRef, message: RoomMessage) => void;
  /** A share of another node has moved on. */
  readonly advanced: () => void;
}

/** After the last of several changes, what the share is then is said. */
const stateAfterMs = 1000;
/** A share of which nothing was heard for so long, which is twice what was due, is fetched. */
const silentMs = 25_000;
/** How long a greeting waits for the first answer, and after each one for another. What comes later counts, too. */
const answerMs = { first: 400, next: 100 };
/** While a node is silent, which may be the only one that could answer: the others need no longer. */
const answerBesideSilentMs = 150;
const helloTimeoutMs = 2000;
const fetchTimeoutMs = 2000;
/** Before each try to fetch a share; what fails in the end is tried again when its node says something. */
const pausesMs = [0, 200, 1000, 3000];

/** One room that is open here: what this node says of it, and what the others do. */
export class RoomShares {
  readonly #remote = new Map<string, RemoteShare>();
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #pauses = new Set<() => void>();
  readonly #stopHearing: () => void;
  readonly #outgoing: OutgoingChanges;
  #cancelState: () => void = () => {};
  #closed = false;

  constructor(private readonly options: RoomSharesOptions) {
    const { wire, roomId, clock } = options;
    this.#outgoing = new OutgoingChanges({
      clock,
      say: (numbered) => {
        if (options.presence.entered) wire.sayInRoom(roomId, 'change', numbered);
      },
    });
    this.#stopHearing = wire.hearRoom(roomId, (from, message, respond) => {
      if (options.presence.entered) this.#heard(from, message, respond);
    });
  }

  get local(): LocalShare {
    return this.options.local;
  }

  /** How many other nodes say something of it. */
  get remoteCount(): number {
    return this.#remote.size;
  }

  /** The number of the last change of a share that was taken over here. */
  numberOf(life: string): number {
    return this.#remote.get(life)?.number ?? 0;
  }

  /** A peer of this node came, changed or went. */
  changed(change: ShareChange): void {
    const { local, clock } = this.options;
    const { number, peer } = local.change(change);
    this.#outgoing.add({ number, change }, peer);
    this.#cancelState();
    this.#cancelState = clock.after(stateAfterMs, () => this.state());
  }

  /** The number of the last change, which the others are told now if they were not. */
  get numberSaid(): number {
    this.#outgoing.flush();
    return this.local.statement.number;
  }

  /** Says what the share of this node is. */
  state(): void {
    const { wire, roomId, presence } = this.options;
    this.#outgoing.flush();
    if (presence.entered) wire.sayInRoom(roomId, 'state', this.#statement);
  }

  /** Asks who else has the room. @returns when the shares of those that answer soon were taken over, or could not be had */
  async hello(): Promise<void> {
    const { wire, roomId, presence, clock } = this.options;
    if (!presence.entered) return;
    const taking: Promise<void>[] = [];
    const { promise: soon, resolve } = Promise.withResolvers<void>();
    let cancel = clock.after(presence.hasSilent ? answerBesideSilentMs : answerMs.first, resolve);
    const onAnswer = (answer: HelloAnswer) => {
      cancel();
      cancel = clock.after(answerMs.next, resolve);
      taking.push(this.#answered(answer));
    };
    const isEnough = (answers: readonly HelloAnswer[]) => this.#isComplete(answers);
    const greeting = wire.hello(roomId, this.#statement, { timeoutMs: helloTimeoutMs, isEnough, onAnswer });
    await Promise.race([greeting, soon]);
    cancel();
    await Promise.all(taking);
  }

  async #answered({ life, others: _, ...statement }: HelloAnswer): Promise<void> {
    const node = this.options.presence.nodes.get(life);
    if (node && !this.#closed) await this.#stated(node, statement);
  }

  /** Each knows how many there are beside itself, and those that are not heard do not answer. */
  #isComplete(answers: readonly HelloAnswer[]): boolean {
    if (answers.length === 0) return false;
    const { living } = this.options.presence;
    return answers.length >= living.length || answers.every(({ others }) => others < answers.length);
  }

  /** Fetches what was not heard of for too long: its node may have the room no more. */
  checkSilent(): void {
    const now = this.options.clock.elapsed();
    for (const share of this.#remote.values()) if (now - share.heardAt > silentMs) void this.#fetch(share);
  }

  /** Nothing of what a life said holds any more. */
  forget(life: string, reason: RemoteEnd): void {
    if (this.#remote.delete(life)) this.options.roster.dropNode(life, reason);
  }

  close(): void {
    const { wire, roomId, presence, local } = this.options;
    this.#closed = true;
    this.#stopHearing();
    this.#outgoing.flush();
    this.#cancelState();
    for (const end of [...this.#pauses]) end();
    this.#remote.clear();
    if (presence.entered) wire.sayInRoom(roomId, 'closed', { number: local.statement.number });
  }

  #heard(from: NodeRef, message: RoomMessage, respond: (answer: HelloAnswer) => void): void {
    const { self, told } = this.options;
    switch (message.name) {
      case 'hello':
        respond({ life: self.life, others: this.#othersBeside(from), ...this.#statement });
        void this.#stated(from, message.data);
        break;
      case 'state':
        void this.#stated(from, message.data);
        break;
      case 'change':
        for (const numbered of eachOf(message.data)) this.#change(from, numbered);
        break;
      case 'closed':
        if (message.data.number >= this.numberOf(from.life)) this.forget(from.life, 'forgotten');
        break;
      default:
        told(from, message);
    }
  }

  #othersBeside({ life }: NodeRef): number {
    const { presence } = this.options;
    const answers = (other: string) => other !== life && presence.isHeard(other);
    return [...this.#remote.keys()].filter(answers).length;
  }

  get #statement(): RoomStatement {
    const { local, rulesHash, origin } = this.options;
    return { ...local.statement, origin: origin(), rules: rulesHash() };
  }

  async #stated(from: NodeRef, statement: RoomStatement): Promise<void> {
    if (statement.origin) this.options.originStated(statement.origin);
    const share = this.#shareOf(from);
    const isKnown = share.beginEmpty(statement) || share.fits(statement);
    const rules = this.options.rulesStated(from, statement.rules);
    await Promise.all([isKnown ? undefined : this.#fetch(share), rules]);
  }

  #change(from: NodeRef, numbered: NumberedChange): void {
    const share = this.#shareOf(from);
    if (share.change(numbered)) this.options.advanced();
    else void this.#fetch(share, numbered);
  }

  #shareOf(from: NodeRef): RemoteShare {
    const { roster, clock } = this.options;
    const share = this.#remote.get(from.life) ?? new RemoteShare(from, roster, clock.elapsed());
    this.#remote.set(from.life, share);
    share.heardAt = clock.elapsed();
    return share;
  }

  #fetch(share: RemoteShare, numbered?: NumberedChange): Promise<void> {
    const { life } = share.from;
    const running = this.#fetching.get(life);
    if (running) return running;
    share.expectSnapshot(numbered);
    const fetching = this.#fetchWhole(share)
      .catch((error: unknown) => this.options.log.error('a share could not be taken over', { life, error }))
      .finally(() => {
        share.giveUpSnapshot();
        this.#fetching.delete(life);
      });
    this.#fetching.set(life, fetching);
    return fetching;
  }

  async #fetchWhole(share: RemoteShare): Promise<void> {
    const { wire, roomId, presence, clock, advanced } = this.options;
    const { life } = share.from;
    const isHere = () => !this.#closed && this.#remote.get(life) === share;
    for (const pauseMs of pausesMs) {
      await this.#pause(pauseMs);
      const node = presence.nodes.get(life);
      if (!isHere() || !node || node.stale) return;
      const ask = (page: string | null) => wire.ask(life, 'share.fetch', { roomId, page }, fetchTimeoutMs);
      const snapshot = await fetchPages(ask).catch(() => undefined);
      if (!isHere()) return;
      share.heardAt = clock.elapsed();
      if (snapshot === null) return this.forget(life, 'forgotten');
      if (snapshot === undefined) continue;
      const isWhole = share.replace(snapshot);
      advanced();
      if (isWhole) return;
      share.expectSnapshot();
    }
  }

  #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const cancel = this.options.clock.after(milliseconds, end);
      this.#pauses.add(end);
    });
  }
}
