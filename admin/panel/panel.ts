import type { Commands, Requester } from '../../src/commands/commands.ts';
import type { Config } from '../../src/config/config.ts';
import type { Store } from '../../src/store/store.ts';
import type { Role, User } from '../../src/store/users.ts';
import type { Monitor } from '../live/monitor.ts';
import type { Form } from './form.ts';

/** What a panel is made from: the node as it is now, who looks, and what was asked for. */
export interface PanelContext {
  readonly monitor: Monitor;
  readonly commands: Commands;
  /** @deprecated The former name of `commands`; removed in the next version. */
  readonly moderation: Commands;
  readonly store: Store;
  readonly config: Config;
  readonly user: User;
  /** The session's id; actions that end other sessions leave it. */
  readonly sessionId: number;
  /** What the address carries after the question mark. */
  readonly query: URLSearchParams;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The user as the one who asks for an action, for `commands`. */
  asker(reason?: string): Requester;
  /** The address of a page of the dashboard, e.g. link('/room', { room: 'x' }). */
  link(path: string, query?: LinkQuery): string;
  /** The address at which an action of a panel is confirmed and carried out. */
  actionLink(panelId: string, action: string, fields?: LinkQuery): string;
}

export type LinkQuery = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What an action tells when it is done. */
export interface ActionResult {
  /** One sentence for the one who asked. */
  readonly message: string;
  /** It was done, but not as it should be: the sentence stands out. */
  readonly bad?: boolean;
  /** Where to go, when the page that it was asked on is no use any more. */
  readonly to?: string;
  /** Something to show once, such as a new secret. */
  readonly secret?: string;
}

export interface PanelAction {
  /** On the button and over the confirmation. */
  readonly title: string;
  readonly role: Role;
  /** Hurts: the button says so. */
  readonly danger?: boolean;
  /**
   * What is asked before it is carried out: text and fields of the form. Without it the action needs no confirmation.
   */
  readonly confirm?: (context: PanelContext, form: Form) => JSX.Element;
  /** `panel` (the default) writes `<panel>.<action>` to the audit log; `own` says that `run` writes it itself. */
  readonly audit?: 'panel' | 'own';
  /** Carries it out. What it throws is shown to the user. */
  readonly run: (context: PanelContext, form: Form) => Promise<ActionResult> | ActionResult;
}

export interface Panel {
  /** Short and unique: letters, digits, dashes. It names the panel in addresses and in the audit log. */
  readonly id: string;
  readonly title: string;
  /** An icon of the table in html/icons.tsx. */
  readonly icon?: string;
  /** Where it is under the dashboard's address, e.g. `/rooms`; `/` is the start page. */
  readonly path: string;
  /** The least role that sees it. */
  readonly role: Role;
  /** Not in the menu: reached by links from other pages. */
  readonly unlisted?: boolean;
  /** The menu entry that is marked while it is open, when it is not its own. */
  readonly under?: string;
  /** The content. Texts that people wrote need `safe`; parts that change alone are wrapped by `live`. */
  readonly view: (context: PanelContext) => JSX.Element;
  readonly actions?: Readonly<Record<string, PanelAction>>;
  /** Whether it is rendered anew when something changes. It is, unless told. */
  readonly live?: boolean;
  /** The room, and the peer in it, whose statistics are wanted every second while it is open. */
  readonly watches?: (query: URLSearchParams) => { roomId: string; peerId?: string } | undefined;
}

/** Declares a panel. The built-in pages and the operator's own are made with it. */
export function definePanel(panel: Panel): Panel {
  if (!/^[a-z][a-z0-9-]*$/.test(panel.id)) {
    throw new Error(
      `the panel id "${panel.id}" is not made of small letters, digits and dashes; give it another`,
    );
  }
  if (!/^\/[a-z0-9/-]*$/.test(panel.path)) {
    throw new Error(
      `the path "${panel.path}" of the panel "${panel.id}" does not begin with / or has other characters`,
    );
  }
  return panel;
}
