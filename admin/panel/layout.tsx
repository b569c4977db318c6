import { Icon } from '../html/icons.tsx';
import { htmlId } from '../html/regions.ts';
import type { Panel, PanelContext } from './panel.ts';

export interface PageOptions {
  readonly title: string;
  readonly base: string;
  /** Of the files that the page loads. */
  readonly assetVersion: string;
  readonly body: JSX.Element;
}

/** The frame of every page, with or without a session. */
export function page({ title, base, assetVersion, body }: PageOptions): string {
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={htmxConfig} />
        <title safe>{`${title} · Tureen`}</title>
        <link rel="icon" href={`${base}/assets/icon.svg?${assetVersion}`} />
        <link rel="stylesheet" href={`${base}/assets/admin.css?${assetVersion}`} />
        <script src={`${base}/assets/admin.js?${assetVersion}`} defer />
      </head>
      {body as 'safe'}
    </html>
  );
  return `<!doctype html>${html as string}`;
}

/**
 * Updates leave `open` alone, so that they do not close a dialog or row that the user opened, and `style`, which only
 * the page's own scripts set. Error responses are shown
 * as messages, not swapped in.
 */
const htmxConfig = JSON.stringify({
  morphIgnore: ['data-htmx-powered', 'open', 'style'],
  noSwap: [204, 304, '4xx', '5xx'],
  history: true,
  includeIndicatorCSS: false,
});

export interface FrameOptions {
  readonly context: PanelContext;
  readonly panels: readonly Panel[];
  readonly panel: Panel;
  readonly csrf: string;
  readonly content: string;
  readonly base: string;
  readonly messages: readonly JSX.Element[];
}

/** The body of a page for a logged-in user. */
export function frame({ context, panels, panel, csrf, content, base, messages }: FrameOptions): JSX.Element {
  const query = context.query.size > 0 ? `?${context.query}` : '';
  const stream = panel.live === false ? undefined : `${base}/live/${panel.id}${query}`;
  return (
    <body hx-headers:inherited={JSON.stringify({ 'x-csrf-token': csrf })}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar-top">
        <a class="brand" href={context.link('/')}>
          Tureen
        </a>
        <nav aria-label="Pages">{panels.map((each) => menuEntry(each, panel, context)) as 'safe'[]}</nav>
        <div class="who">
          <span class="connection" id="connection" role="status" />
          <span class="name" safe>
            {context.user.name}
          </span>
          <form method="post" action={`${base}/logout`}>
            <input type="hidden" name="csrf" value={csrf} />
            <button type="submit" class="quiet">
              Log out
            </button>
          </form>
        </div>
      </header>
      <main id="page">
        {stream === undefined ? '' : <Stream address={stream} />}
        <div id="content" tabindex="-1">
          {content as 'safe'}
        </div>
      </main>
      <div id="toasts" role="status" aria-live="polite">
        {messages as 'safe'[]}
      </div>
      <dialog id="dialog" aria-labelledby="dialog-title" />
      <footer>
        <span>Times are UTC.</span>
        <span class="only-live">
          <kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>x</kbd> select{' '}
          <kbd>r</kbd> remove <kbd>?</kbd> keys
        </span>
      </footer>
    </body>
  );
}

/** Tells assets/live.js where the updates of this page are. A search replaces it with another address. */
function Stream({ address }: { address: string }): JSX.Element {
  return <div id={htmlId('stream', address)} hidden data-live={address} />;
}

function menuEntry(panel: Panel, current: Panel, context: PanelContext): JSX.Element {
  const here = panel.id === current.id || panel.id === current.under;
  return (
    <a href={context.link(panel.path)} aria-current={here ? 'page' : undefined}>
      <Icon name={panel.icon ?? 'panel'} />
      <span safe>{panel.title}</span>
    </a>
  );
}

/** The body of a page without a menu: login, set-up, confirmation, error. */
export function plainBody(props: { title: string; children: JSX.Element | JSX.Element[] }): JSX.Element {
  return (
    <body class="plain">
      <main id="content">
        <h1 safe>{props.title}</h1>
        {props.children as 'safe'}
      </main>
    </body>
  );
}

/** One sentence about what was done or went wrong. */
export function toast(message: string, options: { bad?: boolean; secret?: string } = {}): JSX.Element {
  const { bad = false, secret } = options;
  return (
    <p class={bad ? 'toast bad' : 'toast'} role={bad ? 'alert' : undefined}>
      <span safe>{message}</span>
      {secret ? (
        <>
          <code safe>{secret}</code>
          <span class="actions only-live">
            <button type="button" class="button primary" data-copy>
              Copy
            </button>
            <button type="button" class="button" data-dismiss>
              Dismiss
            </button>
          </span>
        </>
      ) : (
        ''
      )}
    </p>
  );
}

/** Shown in place of a panel that failed. */
export function failure(title: string, detail: string): JSX.Element {
  return (
    <section class="failure" role="alert">
      <h2 safe>{title}</h2>
      <p safe>{detail}</p>
    </section>
  );
}
