import { hasRole } from '../../src/store/roles.ts';
import { clockTime, dateTime } from '../html/format.ts';
import { Icon } from '../html/icons.tsx';
import type { LinkQuery, PanelAction, PanelContext } from './panel.ts';

/** The heading of a page, with its actions. */
export function PageHead(props: {
  title: string;
  /** Shown beside the title. */
  badge?: JSX.Element;
  note?: string;
  children?: JSX.Element | JSX.Element[];
}) {
  return (
    <header class="page-head">
      <h1 safe>{props.title}</h1>
      {(props.badge ?? '') as 'safe'}
      {props.note ? (
        <p class="note" safe>
          {props.note}
        </p>
      ) : (
        ''
      )}
      <div class="actions">{(props.children ?? '') as 'safe'}</div>
    </header>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

/** A short status. */
export function Badge({ text, tone = 'plain' }: { text: string; tone?: Tone }): JSX.Element {
  return (
    <span class={`badge ${tone}`} safe>
      {text}
    </span>
  );
}

/** Says that a room is locked. */
export function Locked(): JSX.Element {
  return (
    <span class="badge warn locked">
      <Icon name="lock" />
      locked
    </span>
  );
}

/** Shown in place of an empty list, with a hint. */
export function Empty({ title, hint }: { title: string; hint: string }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title" safe>
        {title}
      </p>
      <p safe>{hint}</p>
    </div>
  );
}

/** A number with its name, and a graph beside it. With `href` the whole tile leads there. */
export function Figure(props: {
  name: string;
  value: string;
  note?: string;
  href?: string;
  children?: JSX.Element;
}) {
  return (
    <div class="figure">
      <dt>
        {props.href === undefined ? (
          <span safe>{props.name}</span>
        ) : (
          <a href={props.href} safe>
            {props.name}
          </a>
        )}
      </dt>
      <dd>
        <span class="value" safe>
          {props.value}
        </span>
        {props.note ? (
          <span class="note" safe>
            {props.note}
          </span>
        ) : (
          ''
        )}
        {(props.children ?? '') as 'safe'}
      </dd>
    </div>
  );
}

export interface ActionLinkProps {
  readonly context: PanelContext;
  readonly panelId: string;
  /** Name of the action in its panel. */
  readonly name: string;
  readonly action: PanelAction;
  readonly fields?: LinkQuery;
  /** The action's title by default. */
  readonly caption?: string;
  /** What it acts on, for screen readers. */
  readonly of?: string;
  /** The key that triggers it in the current row. */
  readonly hotkey?: string;
}

/**
 * A link that looks like a button: it opens the confirmation of an action in a dialog, or acts at once if there is none.
 * Without scripts it leads to a page that asks. Users without the role do not see it.
 */
export function ActionLink({
  context,
  panelId,
  name,
  action,
  fields,
  caption,
  of,
  hotkey,
}: ActionLinkProps): JSX.Element {
  if (!hasRole(context.user.role, action.role)) return '';
  const href = context.actionLink(panelId, name, fields);
  const text = caption ?? action.title;
  const label = of ? `${text}: ${of}` : text;
  const look = action.danger ? 'button danger' : 'button';
  return action.confirm ? (
    <a
      class={look}
      href={href}
      aria-label={label}
      data-key={hotkey}
      hx-get={href}
      hx-target="#dialog"
      hx-swap="innerHTML"
      safe
    >
      {`${text}…`}
    </a>
  ) : (
    <a
      class={look}
      href={href}
      aria-label={label}
      hx-post={href}
      hx-target="#toasts"
      hx-swap="beforeend"
      safe
    >
      {text}
    </a>
  );
}

/** A date and time, in UTC. */
export function Moment({ time, short = false }: { time: number; short?: boolean }): JSX.Element {
  return (
    <time datetime={new Date(time).toISOString()} title={`${dateTime(time)} UTC`} safe>
      {short ? clockTime(time) : dateTime(time)}
    </time>
  );
}

/** The optional reason for an action, of which the people concerned are told unless it is `silent`. */
export function ReasonField({ silent = false }: { silent?: boolean }): JSX.Element {
  return (
    <label class="field">
      <span safe>{`Reason (${silent ? '' : 'shown to the people concerned and '}in the audit log)`}</span>
      <input name="reason" maxlength="200" autocomplete="off" />
    </label>
  );
}

/** A search field that keeps what is typed while the page is updated. */
export function SearchForm(props: {
  context: PanelContext;
  path: string;
  label: string;
  children?: JSX.Element;
}) {
  const { context, path, label } = props;
  const action = context.link(path);
  return (
    <search>
      <form
        class="search"
        method="get"
        action={action}
        hx-get={action}
        hx-trigger="input changed delay:250ms, submit"
        hx-target="#page"
        hx-select="#page"
        hx-swap="outerMorph"
        hx-push-url="true"
      >
        <input
          id="search"
          type="search"
          name="q"
          value={context.query.get('q') ?? ''}
          placeholder={label}
          aria-label={label}
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck="false"
        />
        {(props.children ?? '') as 'safe'}
        <button type="submit" class="only-plain">
          Search
        </button>
      </form>
    </search>
  );
}
