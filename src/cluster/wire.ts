import type { Clock } from '../core/clock.ts';
import { errorCodes, SfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { DataCheck } from '../wire/check.ts';
import { sanitize } from '../wire/json.ts';
import { type Bus, type BusMessage, maxMessageBytes, NoAnswer } from './bus.ts';
import { Drops } from './drops.ts';
import type { JumpWatch } from './jump-watch.ts';
import * as table from './messages.ts';
import { askedOf, everyNode, everywhereInRoom, OwnSubjects, readSubject } from './subjects.ts';

export interface WireOptions {
  readonly bus: Bus;
  readonly self: NodeRef;
  readonly jumps: Pick<JumpWatch, 'look'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What is heard in a room, with its name. */
export type RoomMessage = {
  [N in table.RoomMessageName]: { readonly name: N; readonly data: table.RoomMessageData<N> };
}[table.RoomMessageName];

export interface HelloOptions {
  readonly timeoutMs: number;
  readonly isEnough: (answers: readonly table.HelloAnswer[]) => boolean;
  /** Takes each as it comes. */
  readonly onAnswer: (answer: table.HelloAnswer) => void;
}

type Respond = (answer: table.HelloAnswer) => void;

/** What answers the requests of other nodes. */
export type Answers = {
  readonly [N in table.RequestName]: (
    from: NodeRef,
    data: table.RequestData<N>,
  ) => table.RequestResult<N> | Promise<table.RequestResult<N>>;
};

/** What became of a request to another node: a refusal is an answer, too. */
export const askOutcomes = ['answered', 'timeout', 'nobody', 'away'] as const;
export type AskOutcome = (typeof askOutcomes)[number];

export interface Asked {
  readonly outcome: AskOutcome;
  readonly milliseconds: number;
}

/** How deep a message may be nested: what a client may send, and what is around it. */
const maxDepth = 40;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * What nodes say to each other, checked: it writes messages of the table to the bus, and reads them. What does not fit
 * is dropped and counted, and nothing that is received throws.
 */
export class Wire {
  readonly drops: Drops;
  readonly subjects: OwnSubjects;
  /** The nodes whose messages count; all others are dropped. Their heartbeats are heard in any case. */
  knows: (from: NodeRef) => boolean = () => false;
  #onAsked: (asked: Asked) => void = () => {};

  constructor(private readonly options: WireOptions) {
    this.drops = new Drops(options.log, options.clock);
    this.subjects = new OwnSubjects(options.self);
  }

  get bus(): Bus {
    return this.options.bus;
  }

  /** Calls with every request to another node that has an answer, or will have none. There is one listener. */
  onAsked(listener: (asked: Asked) => void): void {
    this.#onAsked = listener;
  }

  /** Says something to all nodes. @returns false when it is lost for certain */
  say<N extends table.NodeMessageName>(name: N, data: table.NodeMessageData<N>): boolean {
    return this.#publish(this.subjects.node(name), data);
  }

  /** Says something to all nodes that have a room. @returns false when it is lost for certain */
  sayInRoom<N extends table.RoomMessageName>(
    roomId: string,
    name: N,
    data: table.RoomMessageData<N>,
  ): boolean {
    return this.#publish(this.subjects.room(roomId, name), data);
  }

  /** Hears what is said to all nodes, by any node that is not this one. */
  hear<N extends table.NodeMessageName>(
    name: N,
    listener: (from: NodeRef, data: table.NodeMessageData<N>, message: BusMessage) => void,
  ): () => void {
    return this.bus.subscribe(everyNode(name), (message) => {
      const read = this.#read(message, table.nodeMessages);
      if (read) listener(read.from, read.data as never, message);
    });
  }

  /** Hears what nodes that are known say in a room. */
  hearRoom(
    roomId: string,
    listener: (from: NodeRef, message: RoomMessage, respond: Respond) => void,
  ): () => void {
    return this.bus.subscribe(everywhereInRoom(roomId), (message) => {
      const read = this.#read(message, table.roomMessages);
      if (!read || !this.isKnown(read.from, message)) return;
      const { name, data } = read;
      listener(read.from, { name, data } as RoomMessage, (answer) => message.respond(encode(answer)));
    });
  }

  /**
   * Says hello in a room. @param isEnough whether nobody else is expected to answer
   * @returns when all have answered who are expected to, or after the timeout
   */
  async hello(
    roomId: string,
    data: table.RoomMessageData<'hello'>,
    { timeoutMs, isEnough, onAnswer }: HelloOptions,
  ): Promise<void> {
    const subject = this.subjects.room(roomId, 'hello');
    const answers: table.HelloAnswer[] = [];
    let read = 0;
    const take = (raw: readonly Uint8Array[]) => {
      const fresh = raw.slice(read).flatMap((answer) => this.#helloAnswer(answer, subject));
      read = raw.length;
      answers.push(...fresh);
      for (const answer of fresh) onAnswer(answer);
      return isEnough(answers);
    };
    await this.bus.gather(subject, encode(data), { timeoutMs, stallMs: timeoutMs, isEnough: take });
  }

  /** Asks another node. @throws SfuError what it refuses with; gone when it does not answer in time */
  async ask<N extends table.RequestName>(
    life: string,
    name: N,
    data: table.RequestData<N>,
    timeoutMs: number,
  ): Promise<table.RequestResult<N>> {
    const subject = this.subjects.ask(life, name);
    const askedAt = this.options.clock.elapsed();
    const tell = (outcome: AskOutcome) =>
      this.#onAsked({ outcome, milliseconds: this.options.clock.elapsed() - askedAt });
    const answer = await this.bus.request(subject, encode(data), timeoutMs).catch((error: unknown) => {
      const why = error instanceof NoAnswer ? error.cause : 'away';
      tell(why);
      throw new SfuError('gone', `the other node did not answer "${name}" (${why}); it may have ended`);
    });
    tell('answered');
    const { result, error } = (parseJson(answer) ?? {}) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw refusal(error);
    if (table.requests[name].checkResult.Check(result)) return result as table.RequestResult<N>;
    this.drops.add('malformed', { subject, detail: 'the answer' });
    throw new SfuError('gone', `the other node answered "${name}" with something else`);
  }

  /** Answers the requests of nodes that are known; `ping` anybody's who may use the bus. */
  answer(answers: Partial<Answers>): () => void {
    return this.bus.subscribe(askedOf(this.options.self.life), (message) => {
      const read = this.#read(message, table.requests);
      if (!read || (read.name !== 'ping' && !this.isKnown(read.from, message))) return;
      const run = answers[read.name] ?? refuse;
      void this.#answer(message, () => run(read.from, read.data as never));
    });
  }

  /** Whether this is another node whose messages count. */
  isKnown(from: NodeRef, { subject }: Pick<BusMessage, 'subject'>): boolean {
    if (from.life === this.options.self.life) return false;
    if (this.knows(from)) return true;
    this.drops.add('unknown_node', { subject, detail: from.name });
    return false;
  }

  /** JSON that fits a schema. @returns undefined for anything else, which is counted */
  parse(data: Uint8Array, check: DataCheck, subject: string): unknown {
    const value = parseJson(data);
    if (value !== undefined && check.Check(value)) return value;
    const wrong = value === undefined ? undefined : check.Errors(value).First();
    this.drops.add('malformed', {
      subject,
      detail: wrong ? `${wrong.path}: ${wrong.message}` : 'not the JSON of an object',
    });
    return undefined;
  }

  close(): void {
    this.drops.close();
  }

  #read<M extends Readonly<Record<string, table.Message>>>(message: BusMessage, messages: M) {
    // What waited while this process stood still is too old to be believed.
    if (this.options.jumps.look()) return undefined;
    const { subject, data } = message;
    const read = readSubject(subject);
    const known = read && Object.hasOwn(messages, read.name) ? messages[read.name] : undefined;
    if (!read || !known) {
      this.drops.add('malformed', { subject, detail: 'no message has this name' });
      return undefined;
    }
    const value = this.parse(data, known.check, subject);
    if (value === undefined) return undefined;
    return { from: read.from, name: read.name as keyof M & string, data: value };
  }

  #helloAnswer(data: Uint8Array, subject: string): table.HelloAnswer[] {
    const answer = this.parse(data, table.helloAnswerCheck, subject);
    return answer === undefined ? [] : [answer as table.HelloAnswer];
  }

  async #answer(message: BusMessage, run: () => unknown): Promise<void> {
    try {
      message.respond(encode({ result: await run() }));
    } catch (error) {
      if (!(error instanceof SfuError))
        this.options.log.error('a request of another node failed', { subject: message.subject, error });
      const { code, message: text } = error instanceof SfuError ? error : internal;
      message.respond(encode({ error: { code, message: text.slice(0, 1024) } }));
    }
  }

  #publish(subject: string, value: object): boolean {
    const data = encode(value);
    if (data.length > maxMessageBytes) {
      this.drops.add('too_large', { subject, detail: `${data.length} bytes` });
      return false;
    }
    return this.bus.publish(subject, data);
  }
}

function refuse(): never {
  throw new SfuError('gone', 'the node does not take this yet; it has just started');
}

const internal = { code: 'internal', message: 'the other node failed; its log says why' };

function refusal(error: unknown): SfuError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(errorCodes, code);
  return new SfuError(known ? (code as keyof typeof errorCodes) : 'internal', String(message));
}

function encode(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** @returns undefined for what is not JSON, or nested too deep */
function parseJson(data: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    if (typeof value !== 'object' || value === null) return undefined;
    return sanitize(value, maxDepth) ? value : undefined;
  } catch {
    return undefined;
  }
}
