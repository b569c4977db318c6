import type { Clock } from '../../core/clock.ts';
import { errorCodes, SfuError } from '../../core/errors.ts';
import type { NodeRef } from '../../sfu/rooms/share.ts';
import type { DataCheck } from '../../wire/check.ts';
import type { CommandCounts } from '../command-counts.ts';
import type { Command, CommandAnswer, CommandName } from '../command-schemas.ts';
import type { Presence } from '../presence.ts';
import type { Wire } from '../wire.ts';

export interface CommandRequest {
  readonly name: CommandName;
  /** Of the peer that it is for; null when it is for none, or its session is not known. */
  readonly sessionId: string | null;
  readonly params: Readonly<Record<string, unknown>>;
  /** Takes what the other node warns of. */
  readonly warn?: (sentence: string) => void;
}

/** What came of a command on another node. */
export type Outcome =
  | { readonly state: 'done'; readonly value: unknown }
  | { readonly state: 'refused'; readonly error: SfuError }
  /** It did not answer: it may have been done. */
  | { readonly state: 'unconfirmed' };

export interface AskNodeOptions {
  readonly wire: Wire;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly counts: CommandCounts;
  /** How long a command may take on its node, and what its result looks like. */
  readonly limits: (name: CommandName) => { readonly timeoutMs: number; readonly checkResult: DataCheck };
}

/** After so long a command is sent again under its id: the first message, or its answer, may be lost. */
const tryMs = 1000;
const pauseMs = 100;

/** Has commands carried out by other nodes. */
export class AskNode {
  constructor(private readonly options: AskNodeOptions) {}

  /** @returns what came of it; it never rejects */
  async command(node: NodeRef, request: CommandRequest): Promise<Outcome> {
    const outcome = await this.#command(node, request);
    // A room that is closed everywhere is refused where it is not.
    this.options.counts[outcome.state] += 1;
    return outcome;
  }

  async #command({ life }: NodeRef, request: CommandRequest): Promise<Outcome> {
    const { name, sessionId, params, warn } = request;
    const { timeoutMs, checkResult } = this.options.limits(name);
    const command = { id: crypto.randomUUID(), life, name, sessionId, params };
    const answer = await this.#ask(life, command, timeoutMs);
    if (!answer) return { state: 'unconfirmed' };
    if (!answer.ok) return { state: 'refused', error: refusal(answer) };
    for (const warning of answer.warnings) warn?.(warning);
    // A result that is something else says nothing about what was done.
    return checkResult.Check(answer.value)
      ? { state: 'done', value: answer.value }
      : { state: 'unconfirmed' };
  }

  async #ask(life: string, command: Command, timeoutMs: number): Promise<CommandAnswer | undefined> {
    const { wire, presence, clock } = this.options;
    const since = clock.elapsed();
    for (;;) {
      const left = timeoutMs - (clock.elapsed() - since);
      const node = presence.nodes.get(life);
      // Nothing is heard of it: whoever waits should not wait for the limit as well.
      if (left <= 0 || !node || node.stale) return undefined;
      const asked = wire.ask(life, 'command', command, Math.min(tryMs, left)).catch(() => undefined);
      const answer = await asked;
      if (answer) return answer;
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
  }
}

function refusal({ code, message }: { readonly code: string; readonly message: string }): SfuError {
  const isKnown = Object.hasOwn(errorCodes, code);
  return new SfuError(isKnown ? (code as keyof typeof errorCodes) : 'internal', message);
}
