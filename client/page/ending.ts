import type { ClientError } from '../index.ts';
import { byId } from './dom.ts';
import { explain } from './texts.ts';

/** The screen after the call: what happened, and what to do. */
export function showEnding(error: ClientError, options: { again: () => void; back: () => void }): void {
  const { title, what, advice } = explain(error);
  const ending = byId('ending');
  byId('ending-title').textContent = title;
  byId('ending-what').textContent = what;
  byId('ending-advice').textContent = advice;
  document.title = `${title} – Tureen`;
  const leave = (then: () => void) => () => {
    ending.hidden = true;
    then();
  };
  byId('ending-again').onclick = leave(options.again);
  byId('ending-back').onclick = leave(options.back);
  ending.hidden = false;
  byId('ending-title').focus({ preventScroll: true });
}
