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

/** Where to redirect after a form: only ever to a page of the dashboard. */
export function safeBack(given: string, base: string, referer: string | null): string {
  const candidates = [given, refererPath(referer)];
  // A path that starts with // or /\ would be an address on another host.
  return (
    candidates.find(
      (path) =>
        path === base ||
        ((path.startsWith(`${base}/`) || path.startsWith(`${base}?`)) && !path.includes('\\')),
    ) ?? base
  );
}

function refererPath(referer: string | null): string {
  if (referer === null || !URL.canParse(referer)) return '';
  const { pathname, search } = new URL(referer);
  return pathname + search;
}
