import { byId, make } from './dom.ts';

/** How long a notice stays, in milliseconds; less when others wait, more with a button. */
const shownMs = 6000;
const hurriedMs = 2500;
const withActionMs = 15_000;
/** So that a busy chat does not show its news minutes late. */
const maxWaiting = 4;

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

interface Notice {
  readonly element: HTMLElement;
  readonly lasting: boolean;
  /** What it is about, so that it can be dropped. */
  readonly about: string;
}

let current: (Notice & { since: number }) | undefined;
let waiting: Notice[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** A short message, also for screen readers. One is shown at a time, where it covers nobody; the others wait. */
export function notify(text: string, action?: NoticeAction, about = ''): void {
  const element = make('div', { className: 'toast' }, make('span', { textContent: text }));
  if (action) element.append(actionButton(action));
  waiting.push({ element, lasting: action !== undefined, about });
  if (waiting.length > maxWaiting) {
    const least = waiting.find(({ lasting }) => !lasting) ?? waiting[0];
    waiting = waiting.filter((notice) => notice !== least);
  }
  showNext();
}

/** Drops the notices about something, or all of them. */
export function dropNotices(about?: string): void {
  const concerned = (notice: Notice) => about === undefined || notice.about === about;
  waiting = waiting.filter((notice) => !concerned(notice));
  if (current && concerned(current)) finish();
}

function actionButton(action: NoticeAction): HTMLElement {
  const button = make('button', { type: 'button', className: 'text-button', textContent: action.label });
  button.addEventListener('click', () => {
    finish();
    action.run();
  });
  return button;
}

function showNext(): void {
  clearTimeout(timer);
  if (!current) {
    const next = waiting.shift();
    if (!next) return;
    current = { ...next, since: performance.now() };
    byId('toasts').replaceChildren(next.element);
  }
  const usual = current.lasting ? withActionMs : shownMs;
  // Who is about to press its button gets the time for it.
  const stays = waiting.length > 0 ? (current.lasting ? shownMs : hurriedMs) : usual;
  timer = setTimeout(finish, Math.max(0, current.since + stays - performance.now()));
}

function finish(): void {
  current?.element.remove();
  current = undefined;
  showNext();
}

/** A message for screen readers only. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}

/** Lasting states that are told in the strip over the call, the most urgent first. */
const subjects = ['connection', 'sound', 'drain'] as const;
type Subject = (typeof subjects)[number];

interface Banner {
  readonly text: string;
  readonly busy?: boolean;
  readonly action?: NoticeAction;
}

const banners = new Map<Subject, Banner>();

/** The strip over the call for a lasting state; without a banner it is over. */
export function banner(subject: Subject, state?: Banner): void {
  if (state) banners.set(subject, state);
  else banners.delete(subject);
  const shown = subjects.map((name) => banners.get(name)).find((one) => one !== undefined);
  const strip = byId('banner');
  strip.hidden = shown === undefined;
  byId('banner-text').textContent = shown?.text ?? '';
  strip.classList.toggle('busy', shown?.busy ?? false);
  const button = byId('banner-action', HTMLButtonElement);
  button.hidden = shown?.action === undefined;
  button.textContent = shown?.action?.label ?? '';
  button.onclick = shown?.action?.run ?? null;
}

/** The call is over, and with it all that was told. */
export function clearNotices(): void {
  dropNotices();
  for (const subject of subjects) banner(subject);
}
