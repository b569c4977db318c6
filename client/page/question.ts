import type { BanOptions } from '../index.ts';
import { byId } from './dom.ts';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button does. */
  readonly yes: string;
}

/** Asks before what cannot be taken back. */
export async function ask({ title, text, yes }: Question, removal = false): Promise<boolean> {
  const dialog = byId('question', HTMLDialogElement);
  byId('question-title').textContent = title;
  byId('question-text').textContent = text;
  byId('question-yes').textContent = yes;
  byId('question-removal').hidden = !removal;
  dialog.returnValue = '';
  const answered = new Promise<boolean>((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
  dialog.showModal();
  return await answered;
}

/** @returns how to remove a person; undefined when it was not meant */
export async function askRemoval(name: string): Promise<{ reason?: string; ban?: BanOptions } | undefined> {
  const reason = byId('removal-reason', HTMLInputElement);
  const ban = byId('removal-ban', HTMLSelectElement);
  reason.value = '';
  ban.value = '';
  const question = {
    title: `Remove ${name}?`,
    text: `${name} leaves the call at once, and the invitation that ${name} used does not work any more.`,
    yes: 'Remove',
  };
  if (!(await ask(question, true))) return undefined;
  const why = reason.value.trim();
  const seconds = ban.value === 'for good' ? null : Number(ban.value);
  return { ...(why !== '' && { reason: why }), ...(ban.value !== '' && { ban: { seconds } }) };
}
