import { type Clock, systemClock } from '../core/clock.ts';
import {
  type Bus,
  type BusMessage,
  type BusStatus,
  type GatherOptions,
  maxMessageBytes,
  NoAnswer,
} from './bus.ts';
import { MemoryBucket, MemoryValues } from './memory-bucket.ts';

/** What becomes of a message on its way: how often it arrives, and after how many later ones. */
export interface Fate {
  readonly copies: number;
  readonly behind: number;
}

interface Parcel {
  readonly from: MemoryBus;
  readonly to: MemoryBus;
  readonly deliver: () => void;
  behind: number;
}

const arrives: Fate = { copies: 1, behind: 0 };

/**
 * A bus in the memory of one process. Several nodes in one process share a hub; whoever holds it can kill and freeze
 * it, part its users, and lose, double and reorder what they say.
 */
export class MemoryHub {
  /** Decides about each message; all arrive in order unless set. */
  fate: (subject: string, from: string, to: string) => Fate = () => arrives;
  /** Whether it keeps values, as NATS does only with JetStream. */
  keepsValues = true;
  readonly kept = new MemoryValues();
  readonly claimed = new MemoryValues();
  #alive = true;
  #frozen = false;
  #isolated: ReadonlySet<string> = new Set();
  #queue: Parcel[] = [];
  #running = false;
  readonly #users = new Set<MemoryBus>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** @param name under which `isolate` and `fate` know the user */
  connect(name: string): MemoryBus {
    const bus = new MemoryBus(this, name, this.clock);
    this.#users.add(bus);
    bus.look();
    return bus;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Ends every connection until `restart`; what is on its way is lost. */
  kill(): void {
    this.#alive = false;
    this.#queue = [];
    for (const user of this.#users) user.look();
  }

  restart(): void {
    this.#alive = true;
    for (const user of this.#users) user.look();
  }

  /** Nothing moves, and nobody is told. What is said meanwhile arrives after `thaw`. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    this.#run();
  }

  /** Parts these users from all others, in silence. Without names everybody reaches everybody. */
  isolate(...names: string[]): void {
    this.#isolated = new Set(names);
  }

  /** How many subscriptions there are. */
  get subscriptions(): number {
    return [...this.#users].reduce((sum, user) => sum + user.subscriptions, 0);
  }

  /** Those who listen to a subject and can be reached. */
  listeners(from: MemoryBus, subject: string): MemoryBus[] {
    return [...this.#users].filter((to) => to !== from && this.reaches(from, to) && to.listensTo(subject));
  }

  isIsolated(name: string): boolean {
    return this.#isolated.has(name);
  }

  reaches(from: MemoryBus, to: MemoryBus): boolean {
    return this.#alive && this.#isolated.has(from.name) === this.#isolated.has(to.name);
  }

  /** Brings something to another user later, in its order. */
  send(from: MemoryBus, to: MemoryBus, subject: string, deliver: () => void): void {
    const { copies, behind } = this.fate(subject, from.name, to.name);
    for (let copy = 0; copy < copies; copy += 1) this.#queue.push({ from, to, deliver, behind });
    this.#run();
  }

  /** Drops what is on its way to a user. */
  drop(to: MemoryBus): void {
    this.#queue = this.#queue.filter((parcel) => parcel.to !== to);
  }

  forget(bus: MemoryBus): void {
    this.drop(bus);
    this.#users.delete(bus);
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => {
      this.#running = false;
      this.#deliverNext();
    });
  }

  #deliverNext(): void {
    if (this.#frozen || this.#queue.length === 0) return;
    const held = this.#queue.findIndex(({ behind }) => behind === 0);
    const [parcel] = this.#queue.splice(Math.max(held, 0), 1);
    for (const waiting of this.#queue.slice(0, Math.max(held, 0))) waiting.behind -= 1;
    if (parcel && this.reaches(parcel.from, parcel.to)) parcel.deliver();
    this.#run();
  }
}

interface Subscription {
  readonly pattern: readonly string[];
  readonly listener: (message: BusMessage) => void;
}

/** One user of a hub. */
export class MemoryBus implements Bus {
  /** Of the hub, until somebody gives it another one. */
  bucket: MemoryBucket;
  claims: MemoryBucket;
  isLeaf = false;
  #status: BusStatus = 'connecting';
  readonly #statusListeners = new Set<(status: BusStatus) => void>();
  readonly #subscriptions = new Set<Subscription>();

  constructor(
    private readonly hub: MemoryHub,
    readonly name: string,
    private readonly clock: Clock,
  ) {
    const isReached = () => this.#status === 'connected' && hub.keepsValues && !hub.isIsolated(name);
    this.bucket = new MemoryBucket(hub.kept, isReached);
    this.claims = new MemoryBucket(hub.claimed, isReached);
  }

  get status(): BusStatus {
    return this.#status;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  publish(subject: string, data: Uint8Array): boolean {
    if (this.#status !== 'connected' || data.length > maxMessageBytes) return false;
    for (const to of this.hub.listeners(this, subject)) this.#sendTo(to, subject, data, () => {});
    return true;
  }

  subscribe(subject: string, listener: (message: BusMessage) => void): () => void {
    const subscription = { pattern: subject.split('.'), listener };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  async request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const [to] = this.#status === 'connected' ? this.hub.listeners(this, subject) : [];
    if (!to) throw new NoAnswer(this.#status === 'connected' ? 'nobody' : 'away');
    return await new Promise((resolve, reject) => {
      const cancel = this.clock.after(timeoutMs, () => reject(new NoAnswer('timeout')));
      this.#sendTo(to, subject, data, (answer) => {
        cancel();
        resolve(answer);
      });
    });
  }

  async gather(subject: string, data: Uint8Array, options: GatherOptions): Promise<Uint8Array[]> {
    const all = this.#status === 'connected' ? this.hub.listeners(this, subject) : [];
    const answers: Uint8Array[] = [];
    if (all.length === 0) return answers;
    return await new Promise((resolve) => {
      const end = () => {
        cancelEnd();
        cancelStall();
        resolve(answers);
      };
      const cancelEnd = this.clock.after(options.timeoutMs, end);
      let cancelStall = this.clock.after(options.stallMs, end);
      for (const to of all) {
        this.#sendTo(to, subject, data, (answer) => {
          answers.push(answer);
          cancelStall();
          cancelStall = this.clock.after(options.stallMs, end);
          if (options.isEnough?.(answers)) end();
        });
      }
    });
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  echo(): Promise<boolean> {
    return Promise.resolve(this.#status === 'connected' && !this.hub.frozen);
  }

  renew(): void {
    if (this.#status === 'closed') return;
    this.hub.drop(this);
    this.#set('connecting');
    queueMicrotask(() => this.look());
  }

  close(): Promise<void> {
    this.hub.forget(this);
    this.#subscriptions.clear();
    this.#set('closed');
    return Promise.resolve();
  }

  /** Follows the state of the hub. */
  look(): void {
    if (this.#status !== 'closed') this.#set(this.hub.alive ? 'connected' : 'connecting');
  }

  listensTo(subject: string): boolean {
    const parts = subject.split('.');
    return [...this.#subscriptions].some(({ pattern }) => matches(pattern, parts));
  }

  #sendTo(to: MemoryBus, subject: string, data: Uint8Array, answer: (data: Uint8Array) => void): void {
    const respond = (answered: Uint8Array) => this.hub.send(to, this, subject, () => answer(answered));
    this.hub.send(this, to, subject, () => to.#take({ subject, data, respond }));
  }

  #take(message: BusMessage): void {
    const parts = message.subject.split('.');
    for (const { pattern, listener } of [...this.#subscriptions])
      if (matches(pattern, parts)) listener(message);
  }

  #set(status: BusStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    for (const listener of [...this.#statusListeners]) listener(status);
  }
}

function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  if (pattern.at(-1) !== '>' && pattern.length !== subject.length) return false;
  if (pattern.at(-1) === '>' && subject.length < pattern.length) return false;
  return pattern.every((part, index) => part === '*' || part === '>' || part === subject[index]);
}
