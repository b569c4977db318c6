import { audited } from '../src/commands/audited.ts';
import { SfuError, toSfuError } from '../src/core/errors.ts';
import { headerText } from '../src/core/text.ts';
import type { AuditIntent } from '../src/store/audit.ts';
import { isStorageError } from '../src/store/storage-trouble.ts';
import type { Dashboard } from './dashboard.ts';
import { confirmationBody, confirmationForm, safeBack } from './http/confirmation.tsx';
import { htmlResponse, redirect } from './http/headers.ts';
import { requireCsrfToken, requireSameOrigin } from './http/origin.ts';
import { type Incoming, requireRole, type Visitor } from './http/people.ts';
import { partial } from './live/live-views.ts';
import { Form, readForm } from './panel/form.ts';
import { toast } from './panel/layout.tsx';
import type { ActionResult, Panel, PanelAction, PanelContext } from './panel/panel.ts';

export interface ActionRequest {
  readonly dashboard: Dashboard;
  readonly from: Incoming;
  readonly visitor: Visitor;
  readonly panelId: string;
  readonly name: string;
}

/** Shows the confirmation of an action. */
export async function confirmAction(request: ActionRequest): Promise<Response> {
  const { dashboard, from, visitor, panelId, name } = request;
  const { panel, action } = find(dashboard, panelId, name);
  requireRole(visitor, panel);
  requireRole(visitor, action);
  const form = new Form(from.url.searchParams);
  const context = dashboard.context(visitor, from.url.searchParams, from.address);
  const back = safeBack(form.raw('back'), dashboard.base, from.request.headers.get('referer'));
  const href = context.actionLink(panelId, name);
  const options = { context, action, form, href, csrf: visitor.session.csrf, back };
  if (isHtmx(from.request)) return htmlResponse(await confirmationForm(options));
  return htmlResponse(dashboard.document(action.title, confirmationBody(options)));
}

/** Carries out an action and shows its result to the user. */
export async function doAction(request: ActionRequest): Promise<Response> {
  const { dashboard, from, visitor } = request;
  requireSameOrigin(from.request);
  const sent = await readForm(from.request);
  requireCsrfToken(from.request, sent.raw('csrf'), visitor.session.csrf);
  const form = new Form(new URLSearchParams([...from.url.searchParams, ...sent.entries()]));
  const back = safeBack(sent.raw('back'), dashboard.base, from.request.headers.get('referer'));
  const outcome = await carryOut(request, form);
  dashboard.monitor.refresh();
  const { message, to, secret, bad = false, failed = false } = outcome;
  const shown = toast(message, { bad, secret });
  if (isHtmx(from.request) && to === undefined) {
    // The dialog closes after a success. After a failure it stays, with what was typed, and says so itself.
    const inDialog = failed && sent.has('back');
    const headers: Record<string, string> = failed ? {} : { 'hx-trigger': 'admin-done' };
    if (inDialog) Object.assign(headers, { 'hx-retarget': '#dialog-failure', 'hx-reswap': 'innerHTML' });
    return htmlResponse(`${await shown}${await pageAfter(request)}`, { headers });
  }
  dashboard.showNext(visitor.session.id, shown);
  const next = to ?? back;
  if (!isHtmx(from.request)) return redirect(next);
  return htmlResponse('', { headers: { 'hx-redirect': headerText(next) } });
}

/**
 * The page on which the button is, as it is now. A failure changes it too: what the action was for may be gone. Whoever
 * acted sees the result at once, and on a page that is not live at all.
 */
async function pageAfter({ dashboard, from, visitor }: ActionRequest): Promise<string> {
  const address = from.request.headers.get('hx-current-url') ?? '';
  const content = await dashboard.contentAt(address, visitor, from);
  return content ? partial(content) : '';
}

type Outcome = ActionResult & { readonly failed?: boolean };

async function carryOut(
  { dashboard, from, visitor, panelId, name }: ActionRequest,
  form: Form,
): Promise<Outcome> {
  const { panel, action } = find(dashboard, panelId, name);
  requireRole(visitor, panel);
  requireRole(visitor, action);
  const context = dashboard.context(visitor, from.url.searchParams, from.address);
  try {
    if (action.audit === 'own') return withWarnings(await action.run(context, form), context.warnings);
    return await audited(dashboard.options.store, intentOf(context, `${panelId}.${name}`, form), {
      prepare: () => {},
      command: () => action.run(context, form),
    });
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code === 'internal')
      dashboard.options.log.error('an action of the dashboard failed', {
        panel: panelId,
        action: name,
        error: thrown,
      });
    // A ban that cannot be stored has removed who is there all the same.
    const what = isStorageError(error) ? 'Not stored' : 'Not done';
    return { message: `${what}: ${error.message}.`, bad: true, failed: true };
  }
}

/** Several peers at once have the same warning. */
function withWarnings(result: ActionResult, warnings: readonly string[]): ActionResult {
  if (warnings.length === 0) return result;
  const sentences = [...new Set(warnings)].map((warning) => `But ${warning}.`);
  return { ...result, message: [result.message, ...sentences].join(' '), bad: true };
}

/** The entry in the audit log of an action that writes none itself. */
function intentOf(context: PanelContext, action: string, form: Form): AuditIntent {
  const hidden = new Set(['csrf', 'back', 'reason', 'password']);
  const details = Object.fromEntries(form.entries().filter(([field]) => !hidden.has(field)));
  return { ...context.requester(form.text('reason', 200)), action, details };
}

function find(dashboard: Dashboard, panelId: string, name: string): { panel: Panel; action: PanelAction } {
  const panel = dashboard.panel(panelId);
  const action = Object.hasOwn(panel.actions ?? {}, name) ? panel.actions?.[name] : undefined;
  if (!action) throw new SfuError('not_found', 'there is no such action');
  return { panel, action };
}

export function isHtmx(request: Request): boolean {
  return request.headers.get('hx-request') === 'true';
}
