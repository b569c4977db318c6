import type { Form } from '../panel/form.ts';
import { plainBody } from '../panel/layout.tsx';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ReasonField } from '../panel/parts.tsx';

export interface ConfirmationOptions {
  readonly context: PanelContext;
  readonly action: PanelAction;
  readonly form: Form;
  readonly href: string;
  readonly csrf: string;
  readonly back: string;
}

/** The form that confirms an action: in a dialog, or on a page of its own without scripts. */
export function confirmationForm(options: ConfirmationOptions): JSX.Element {
  const { context, action, form, href, csrf, back } = options;
  const hidden = form.entries().filter(([name]) => name !== 'back' && name !== 'csrf');
  return (
    <form method="post" action={href} class="stack" hx-post={href} hx-target="#toasts" hx-swap="beforeend">
      <h2 id="dialog-title" safe>
        {action.title}
      </h2>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="back" value={back} />
      {hidden.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {action.confirm ? action.confirm(context, form) : <ReasonField />}
      <div id="dialog-failure" role="alert" />
      <div class="actions">
        <a class="button" href={back} data-close>
          Cancel
        </a>
        <button type="submit" class={action.danger ? 'button danger' : 'button primary'} safe>
          {action.title}
        </button>
      </div>
    </form>
  );
}

export function confirmationBody(options: ConfirmationOptions): JSX.Element {
  return plainBody({ title: 'Confirm', children: confirmationForm(options) });
}

/** Where to redirect after a form: only ever to a page of the dashboard, written as a header can carry it. */
export function safeBack(given: string, base: string, referer: string | null): string {
  const candidates = [given, refererPath(referer)].filter((path) => !path.includes('\\')).map(plainPath);
  return (
    candidates.find((path) => path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}?`)) ??
    base
  );
}

/** A path as browsers resolve it, in ASCII; empty for an address on another host, or of another form. */
function plainPath(path: string): string {
  const here = 'http://dashboard';
  if (!path.startsWith('/') || !URL.canParse(path, here)) return '';
  const { origin, pathname, search, hash } = new URL(path, here);
  return origin === here ? pathname + search + hash : '';
}

function refererPath(referer: string | null): string {
  if (referer === null || !URL.canParse(referer)) return '';
  const { pathname, search } = new URL(referer);
  return pathname + search;
}
