import { byId, make } from './dom.ts';

const shown = 7000;

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** A short message over the call, also for screen readers. @returns the toast */
export function notify(text: string, action?: NoticeAction): HTMLElement {
  const toast = make('div', { className: 'toast' }, make('span', { textContent: text }));
  if (action) {
    const button = make('button', { type: 'button', className: 'text-button', textContent: action.label });
    button.addEventListener('click', () => {
      toast.remove();
      action.run();
    });
    toast.append(button);
  }
  const toasts = byId('toasts');
  toasts.append(toast);
  while (toasts.childElementCount > 3) toasts.firstElementChild?.remove();
  // A toast with a button stays longer.
  setTimeout(() => toast.remove(), action ? shown * 3 : shown);
  return toast;
}

/** A message for screen readers only. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}

/** The strip over the call for a lasting state; without a text it is hidden. */
export function banner(text?: string, options: { busy?: boolean; action?: NoticeAction } = {}): void {
  const strip = byId('banner');
  const { busy = false, action } = options;
  strip.hidden = text === undefined;
  byId('banner-text').textContent = text ?? '';
  strip.classList.toggle('busy', busy);
  const button = byId('banner-action', HTMLButtonElement);
  button.hidden = action === undefined;
  button.textContent = action?.label ?? '';
  button.onclick = action?.run ?? null;
}
