import type { Clock } from '../core/clock.ts';
import type { DataCheck } from '../wire/check.ts';
import { helloAnswerCheck, nodeMessages, type Request, requests, roomMessages } from './messages.ts';

/** Between two of them the node does what it has to. */
const pauseMs = 10;

const messages = [...Object.values(nodeMessages), ...Object.values(roomMessages)];
const asked: readonly Request[] = Object.values(requests);
/** What the first join over nodes needs comes first. */
const checks: readonly DataCheck[] = [
  helloAnswerCheck,
  ...messages.map(({ check }) => check),
  ...asked.flatMap(({ check, checkResult }) => [check, checkResult]),
];

/**
 * Compiles the checks of all messages, one after the other. Otherwise each is compiled when it is needed first, on both
 * sides, and the first join over nodes takes ten times as long as the second.
 * @returns what ends it
 */
export function compileChecks(clock: Clock): () => void {
  const waiting = checks[Symbol.iterator]();
  let cancel = () => {};
  const compileNext = () => {
    const { value: check, done } = waiting.next();
    if (done) return;
    check.Check(undefined);
    cancel = clock.after(pauseMs, compileNext);
  };
  cancel = clock.after(pauseMs, compileNext);
  return () => cancel();
}
