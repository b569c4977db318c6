import type { CaptureCommands } from '../../src/commands/captures.ts';
import type { Commands, Requester } from '../../src/commands/commands.ts';
import type { Config } from '../../src/config/config.ts';
import type { Role } from '../../src/store/roles.ts';
import type { Store } from '../../src/store/store.ts';
import type { User } from '../../src/store/users.ts';
import type { Monitor } from '../live/monitor.ts';
import type { Form } from './form.ts';

/** What a panel gets: the state of the node, the user, and the query. */
export interface PanelContext {
  readonly monitor: Monitor;
  readonly commands: Commands;
  /** @deprecated The former name of `commands`; removed in the next version. */
  readonly moderation: Commands;
  /** Captures of what peers send; undefined where nobody can make one. */
  readonly captures: CaptureCommands | undefined;
  readonly store: Store;
  readonly config: Config;
  readonly user: User;
  /** The user's own session, which actions that end sessions leave open. */
  readonly sessionId: number;
  /** Whether the user may watch rooms, and whether a room is told of it. */
  readonly watching: Config['adminWatch'];
  /** The query of the page's address. */
  readonly query: URLSearchParams;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What an action did, but not as it should be; shown with its result. */
  readonly warnings: string[];
  /** The user as the requester that `commands` need, with an optional reason. */
  requester(reason?: string): Requester;
  /** @deprecated The former name of `requester`; removed in the next version. */
  asker(reason?: string): Requester;
  /** The address of a page of the dashboard, e.g. link('/room', { room: 'x' }). */
  link(path: string, query?: LinkQuery): string;
  /** The address where an action of a panel is confirmed and carried out. */
  actionLink(panelId: string, action: string, fields?: LinkQuery): string;
}

export type LinkQuery = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The result of an action. */
export interface ActionResult {
  /** One sentence for the user. */
  readonly message: string;
  /** It was done, but not completely: the message is shown as a warning. */
  readonly bad?: boolean;
  /** Where to go when the current page is no longer useful. */
  readonly to?: string;
  /** Something to show once, such as a new secret. */
  readonly secret?: string;
}

export interface PanelAction {
  /** The caption of the button and the title of the confirmation. */
  readonly title: string;
  readonly role: Role;
  /** The button warns. */
  readonly danger?: boolean;
  /** Text and fields of the confirmation. Without it the action needs no confirmation. */
  readonly confirm?: (context: PanelContext, form: Form) => JSX.Element;
  /** `panel` (the default) writes `<panel>.<action>` to the audit log; with `own`, `run` writes to it. */
  readonly audit?: 'panel' | 'own';
  /** Carries it out. What it throws is shown to the user. */
  readonly run: (context: PanelContext, form: Form) => Promise<ActionResult> | ActionResult;
}

/** A panel whose view is given what it has prepared. */
export interface PanelOf<Prepared> {
  /** Short and unique: letters, digits, dashes. It names the panel in addresses and in the audit log. */
  readonly id: string;
  readonly title: string;
  /** The name of an icon in html/icons.tsx. */
  readonly icon?: string;
  /** Where it is under the dashboard's address, e.g. `/rooms`; `/` is the start page. */
  readonly path: string;
  /** The lowest role that may see it. */
  readonly role: Role;
  /** Not in the menu: reached by links from other pages. */
  readonly unlisted?: boolean;
  /** The id of the panel whose menu entry is marked while it is open; by default its own. */
  readonly under?: string;
  /** Waits for what the view shows from elsewhere, such as a database. It delays no other page, as `view` would. */
  prepare?(context: PanelContext): Promise<Prepared>;
  /** The content. Text from users needs `safe`; `live` marks parts that are updated on their own. */
  view(context: PanelContext, prepared: Prepared): JSX.Element;
  readonly actions?: Readonly<Record<string, PanelAction>>;
  /** Whether it is rendered again when something changes; true by default. After an action on it, it always is. */
  readonly live?: boolean;
  /** The room, and optionally the peer in it, whose statistics are read every second while it is open. */
  readonly watches?: (query: URLSearchParams) => { roomId: string; peerId?: string } | undefined;
}

export type Panel = PanelOf<unknown>;

/** Declares a panel, built-in or the operator's own. @throws Error for an id or path with other characters */
export function definePanel<Prepared = unknown>(panel: PanelOf<Prepared>): Panel {
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

/** @throws Error when two panels have the same id or path */
export function requireUnique(panels: readonly Panel[]): void {
  for (const key of ['id', 'path'] as const) {
    const seen = new Set<string>();
    for (const panel of panels) {
      if (seen.has(panel[key]))
        throw new Error(`two panels have the ${key} "${panel[key]}"; give one another`);
      seen.add(panel[key]);
    }
  }
}
