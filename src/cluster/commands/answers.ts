import { SfuError, toSfuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { collectWarnings } from '../../core/warnings.ts';
import type { NodeRef } from '../../sfu/rooms/share.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import { invalidParams } from '../../wire/check.ts';
import type { Command, CommandAnswer } from '../command-schemas.ts';
import type { Carrier } from './carrier.ts';
import { commandTable } from './table.ts';

export interface CommandAnswersOptions {
  readonly self: NodeRef;
  readonly carrier: Carrier;
  readonly sfu: Pick<Sfu, 'mesh' | 'read'>;
  readonly log: Logger;
}

/** Answers that are kept for commands that come again; each has at most a few kilobytes. */
const maxKept = 1000;

/** Carries out what other nodes ask, each command once. */
export class CommandAnswers {
  readonly #kept = new Map<string, Promise<CommandAnswer>>();

  constructor(private readonly options: CommandAnswersOptions) {}

  async answer(from: NodeRef, command: Command): Promise<CommandAnswer> {
    const key = `${from.life} ${command.id}`;
    const known = this.#kept.get(key);
    if (known) return await known;
    const answer = this.#carryOut(from, command);
    this.#kept.set(key, answer);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
    return await answer;
  }

  async #carryOut(from: NodeRef, command: Command): Promise<CommandAnswer> {
    const { warn, all } = collectWarnings();
    try {
      const row = commandTable[command.name];
      const { params } = command;
      if (!row.check.Check(params)) throw invalidParams(row.check, params, command.name);
      this.#requireHere(command);
      const value = await row.run(this.options.carrier, { ...params, askedOn: from.name, warn });
      return { ok: true, value: value ?? null, warnings: all() };
    } catch (error) {
      if (!(error instanceof SfuError))
        this.options.log.error('a command of another node failed', { command: command.name, error });
      const { code, message } = toSfuError(error);
      return { ok: false, code, message: message.slice(0, 4096) };
    }
  }

  /** Before anything is written to the audit log. @throws SfuError not_found */
  #requireHere({ life, sessionId, params }: Command): void {
    const { self, sfu } = this.options;
    if (life !== self.life)
      throw new SfuError('not_found', 'the node that was meant has ended; another one runs in its place');
    const { roomId, peerId } = params as { roomId?: string; peerId?: string };
    if (roomId === undefined) return;
    if (peerId === undefined) return void sfu.read.room(roomId);
    const { sessionId: own } = sfu.read.peer(roomId, peerId);
    if (sessionId !== null && own !== sessionId)
      throw new SfuError('not_found', `peer "${peerId}" has connected again since then; look at it again`);
  }
}
