import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { Fact } from '../store/fact.ts';
import { type FactChange, type Facts, tombstoneDays } from '../store/facts.ts';
import { BucketAway, type Kept } from './bucket.ts';
import { type BusMessage, NoAnswer } from './bus.ts';
import { readFact } from './fact-entries.ts';
import { BucketReading, FactsRefused, forgottenMeanwhile, meshIdOf, prepareToJoin } from './fact-reading.ts';
import { maxFacts } from './fact-schemas.ts';
import { FactSender } from './fact-sender.ts';
import type { NodeMessageData } from './messages.ts';
import type { Presence } from './presence.ts';
import { Strangers } from './strangers.ts';
import type { Wire } from './wire.ts';

export interface FactExchangeOptions {
  readonly facts: Facts;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly log: Logger;
  readonly clock: Clock;
}

type State =
  | { readonly name: 'away' }
  | { readonly name: 'reading' }
  | { readonly name: 'current'; readonly reading: BucketReading }
  | { readonly name: 'refused'; readonly reason: string };

const retryMs = 5000;
/** How often it is kept until when everything is known. */
const noteMs = 60_000;
const dayMs = 86_400_000;
/** What is said again, the latest first, while the bucket cannot be used. */
const maxRepeated = 10 * maxFacts;

/**
 * Tells the other nodes what was decided here, and takes over what was decided there: by a message at once, and by the
 * bucket for nodes that miss it. Nothing waits for either.
 */
export class FactExchange {
  #state: State = { name: 'away' };
  /** Counts the readings: what a former one brings late is nobody's. */
  #reading = 0;
  #wasCurrent = false;
  #cancelRetry: () => void = () => {};
  #cancelNote: () => void = () => {};
  #reported = '';
  readonly #sender: FactSender;
  readonly #strangers: Strangers;
  readonly #ends: (() => void)[] = [];

  constructor(private readonly options: FactExchangeOptions) {
    const { facts, wire } = options;
    const again = () => this.#repeat();
    this.#sender = new FactSender({ ...options, bucket: wire.bus.bucket, again });
    this.#strangers = new Strangers({ ...options, meshId: () => facts.membership.meshId });
  }

  start(): void {
    const { facts, wire, presence } = this.options;
    facts.clock.agreement = () => presence.clockAgreement;
    this.#strangers.start();
    this.#ends.push(
      wire.hear('facts', (from, data, message) => this.#heard(from, data, message)),
      facts.onChange((changes) => this.#changed(changes)),
      wire.bus.onStatus((status) => (status === 'connected' ? this.#begin() : this.#lost('the bus is away'))),
      presence.events.on('entered', () => this.#send()),
      presence.events.on('appeared', () => this.#send()),
    );
    if (wire.bus.status === 'connected') this.#begin();
    else this.#retryLater('the bus is away');
  }

  /** How well this node knows what others decided, and until when it knows everything. */
  get knowledge(): { readonly state: State['name']; readonly until: number | null } {
    const { facts } = this.options;
    const { name } = this.#state;
    return { state: name, until: name === 'current' ? facts.clock.time : facts.membership.currentAt };
  }

  /** Why new calls should go elsewhere; nothing while the bus is away: a node serves with what it knows. */
  unreadyReasons(): string[] {
    if (this.#state.name === 'refused') return [this.#state.reason];
    const { unreadyReason } = this.#strangers;
    if (unreadyReason !== undefined) return [unreadyReason];
    const isFirst = this.#state.name === 'reading' && !this.#wasCurrent;
    return isFirst ? ['the bans, users and API keys of the other nodes are being read'] : [];
  }

  close(): void {
    this.#strangers.close();
    this.#sender.close();
    for (const end of this.#ends) end();
    this.#end();
  }

  #begin(): void {
    this.#end();
    this.#state = { name: 'reading' };
    const number = this.#reading;
    const reading = new BucketReading(this.options.clock, {
      changed: (entry) => this.#takeEntry(entry),
      failed: () => number === this.#reading && this.#lost('the bucket is not heard any more'),
    });
    this.#read(reading, () => number === this.#reading).catch((error: unknown) => {
      reading.stop();
      if (number === this.#reading) this.#failed(error);
    });
  }

  async #read(reading: BucketReading, isWanted: () => boolean): Promise<void> {
    const { facts, wire, log, clock } = this.options;
    const { bucket } = wire.bus;
    const { membership } = facts;
    const meshId = await meshIdOf(bucket, membership.meshId);
    if (!isWanted()) return;
    await reading.begin(bucket);
    if (!isWanted()) return reading.stop();
    const { entries } = reading;
    const count = entries.length;
    if (membership.meshId === null) prepareToJoin(facts, entries);
    else if ((membership.currentAt ?? 0) < facts.clock.time - tombstoneDays * dayMs)
      for (const ref of forgottenMeanwhile(facts, entries))
        facts.take({ ...ref, stamp: facts.clock.next(), body: null } as Fact);
    await reading.settle((entry) => isWanted() && this.#takeEntry(entry));
    // One that could not be stored has begun it all again.
    if (!isWanted()) return reading.stop();
    membership.joined(meshId, facts.clock.time);
    this.#state = { name: 'current', reading };
    this.#wasCurrent = true;
    this.#reported = '';
    log.info('the bans, users and API keys of the other nodes are known', { entries: count, mesh: meshId });
    this.#cancelNote = clock.after(noteMs, () => this.#note());
    this.#send();
  }

  /** What was decided here is said at once, and then kept in the bucket. */
  #changed(changes: readonly FactChange[]): void {
    const facts = changes.flatMap(({ fact, here }) => (here ? [fact] : []));
    if (facts.length === 0) return;
    this.#say(facts);
    this.#send();
  }

  #say(facts: readonly Fact[]): void {
    const { wire, presence } = this.options;
    // Before that nobody knows this node, and the outbox has them.
    if (!presence.entered || this.#state.name === 'refused') return;
    const mesh = this.options.facts.membership.meshId;
    for (let from = 0; from < facts.length; from += maxFacts)
      wire.say('facts', { mesh, facts: facts.slice(from, from + maxFacts) });
  }

  /** Once this node has heard the others it knows whether its clock is right, and stamps again what it was not. */
  #send(): void {
    const { facts, presence } = this.options;
    if (!presence.entered) return;
    const number = this.#reading;
    const failed = (error: unknown) => number === this.#reading && this.#failed(error);
    try {
      for (const ref of facts.ahead()) facts.restamp(ref);
    } catch (error) {
      return void failed(error);
    }
    if (this.#state.name === 'current') void this.#sender.send().catch(failed);
  }

  #heard(from: NodeRef, { mesh, facts }: NodeMessageData<'facts'>, message: BusMessage): void {
    const { wire } = this.options;
    if (!wire.isKnown(from, message) || this.#state.name === 'refused') return;
    const own = this.options.facts.membership.meshId;
    if (mesh !== null && own !== null && mesh !== own)
      return wire.drops.add('other_mesh', { subject: message.subject, detail: `${from.name}, ${mesh}` });
    // Users and keys could have the names of others, which is looked at before a node joins.
    const isOne = mesh !== null && mesh === own;
    for (const fact of facts)
      if (isOne || fact.kind === 'ban' || fact.kind === 'removal') this.#take(fact, message.subject);
  }

  #takeEntry(entry: Kept): void {
    const fact = readFact(entry);
    if (fact) {
      this.#take(fact, entry.key);
      if (this.options.facts.isForgotten(fact)) this.#remove(entry);
    } else if (entry.key.startsWith('fact.'))
      this.options.wire.drops.add('malformed', { subject: entry.key, detail: 'not a fact' });
  }

  #take(fact: Fact, subject: string): void {
    const { facts, wire } = this.options;
    const taken = facts.take(fact);
    if (taken === 'ahead') {
      const { time, node } = fact.stamp;
      const detail = `the installation ${node} stamped it ${Math.round((time - facts.clock.time) / 1000)} seconds ahead of the clock here; set the clock of one of them`;
      wire.drops.add('clock_ahead', { subject, detail });
    } else if (taken === 'unstored') this.#lost('what other nodes decided cannot be stored');
  }

  /** Nobody has to know any more that it was deleted. */
  #remove({ key, revision }: Kept): void {
    const { bucket } = this.options.wire.bus;
    // Whoever reads it next tries again.
    void bucket.remove(key, revision).catch(() => {});
  }

  #failed(error: unknown): void {
    if (error instanceof FactsRefused) {
      this.#end();
      this.#state = { name: 'refused', reason: error.message };
      this.#retryLater(error.message);
    } else if (error instanceof BucketAway || error instanceof NoAnswer || error instanceof SfuError)
      this.#lost(error.message);
    else {
      this.options.log.error('the facts of the mesh could not be followed', { error });
      this.#lost('this node failed');
    }
  }

  #lost(why: string): void {
    this.#end();
    this.#retryLater(why);
    this.#sayWaiting();
  }

  /** The bucket had no room: nodes that came meanwhile learn it from this one. */
  #repeat(): void {
    if (this.#state.name !== 'current') return;
    this.#sayWaiting();
    this.#send();
  }

  #sayWaiting(): void {
    this.#say(this.options.facts.latestWaiting(maxRepeated));
  }

  #retryLater(why: string): void {
    const { clock, wire, log } = this.options;
    this.#cancelRetry();
    this.#cancelRetry = clock.after(retryMs, () => {
      const { until } = this.knowledge;
      if (this.#reported !== why) {
        const known = until === null ? 'nothing' : new Date(until).toISOString();
        log.warn('this node serves with the bans, users and API keys that it knows', {
          why,
          knownUntil: known,
        });
      }
      this.#reported = why;
      if (wire.bus.status === 'connected') this.#begin();
    });
  }

  #end(): void {
    this.#reading += 1;
    this.#cancelRetry();
    this.#cancelNote();
    if (this.#state.name === 'current') {
      this.#state.reading.stop();
      this.#keepTime();
    }
    this.#state = { name: 'away' };
  }

  #note(): void {
    this.#keepTime();
    this.#cancelNote = this.options.clock.after(noteMs, () => this.#note());
  }

  #keepTime(): void {
    const { facts, log } = this.options;
    try {
      facts.membership.current(facts.clock.time);
    } catch (error) {
      // It is known to be older than it is, then.
      if (!(error instanceof SfuError)) throw error;
      log.debug('until when bans, users and keys are known could not be stored', { reason: error.message });
    }
  }
}
