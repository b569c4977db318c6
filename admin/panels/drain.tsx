import type { Form } from '../panel/form.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ActionLink, ReasonField } from '../panel/parts.tsx';

/** The name of the node that is meant; undefined for this one. */
const nodeOf = (form: Form) => form.raw('node') || undefined;

/** Starts a graceful drain. */
const drain: PanelAction = {
  title: 'Drain node',
  role: 'admin',
  danger: true,
  audit: 'own',
  confirm: (context, form) => (
    <>
      <p>
        <span safe>{nodeOf(form) === undefined ? 'This node' : `Node ${nodeOf(form)}`}</span> takes no new
        rooms, and calls are notified. Calls that remain at the deadline are ended. The process keeps running,
        and you can cancel the drain until then.
      </p>
      <label class="field">
        <span>Seconds until calls are ended</span>
        <input
          name="seconds"
          type="number"
          min="0"
          max="86400"
          value={String(context.config.drainSeconds)}
          required
          autofocus
        />
      </label>
      <ReasonField />
    </>
  ),
  async run(context: PanelContext, form: Form) {
    const milliseconds = form.integer('seconds', { from: 0, to: 86_400 }) * 1000;
    const requester = context.requester(form.text('reason', 200));
    await context.commands.drain({ ...requester, milliseconds, node: nodeOf(form) });
    return { message: 'The node is draining.' };
  },
};

const cancelDrain: PanelAction = {
  title: 'Cancel drain',
  role: 'admin',
  audit: 'own',
  async run(context: PanelContext, form: Form) {
    const requester = context.requester(form.text('reason', 200));
    await context.commands.cancelDrain({ ...requester, node: nodeOf(form) });
    return { message: 'The drain is cancelled; the node takes new rooms.' };
  },
};

/** The actions of a panel that has a `DrainLink`. */
export const drainActions = { drain, 'cancel-drain': cancelDrain } as const;

/** Starts the drain of a node, or cancels it. `node` is undefined for this one. */
export function DrainLink(props: {
  readonly context: PanelContext;
  readonly panelId: string;
  readonly draining: boolean;
  readonly node?: string;
}): JSX.Element {
  const { context, panelId, draining, node } = props;
  const name = draining ? 'cancel-drain' : 'drain';
  const shared = { context, panelId, name, action: drainActions[name] };
  return <ActionLink {...shared} fields={{ node }} of={node} />;
}
