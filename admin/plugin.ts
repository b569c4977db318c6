import { Elysia } from 'elysia';
import type { Commands } from '../src/commands/commands.ts';
import { SfuError, toSfuError } from '../src/core/errors.ts';
import { confirmAction, doAction, isHtmx } from './actions.tsx';
import { Dashboard, type DashboardOptions } from './dashboard.ts';
import { sentence } from './html/format.ts';
import { serveAsset } from './http/assets.ts';
import { loginBody, setupBody } from './http/entrance.tsx';
import { exportFile } from './http/exports.ts';
import { htmlResponse, redirect, retryHeaders, securityHeaders } from './http/headers.ts';
import { requireCsrfToken, requireSameOrigin } from './http/origin.ts';
import { type Incoming, incoming, type Visitor } from './http/people.ts';
import { endedCookie } from './http/session-cookie.ts';
import { readForm } from './panel/form.ts';
import { failure, plainBody, toast } from './panel/layout.tsx';
import type { Panel } from './panel/panel.ts';
import { answerWatching, endWatching, openWatching } from './watch-routes.ts';

/** How long a live page may take nothing of what it is sent. */
const liveTimeoutSeconds = 60;

interface Asked {
  readonly request: Request;
  readonly server: {
    requestIP(request: Request): { address: string } | null;
    timeout(request: Request, seconds: number): void;
  } | null;
  readonly params?: Readonly<Record<string, string>>;
}

type Open = (
  from: Incoming,
  params: Readonly<Record<string, string>>,
  asked: Asked,
) => Promise<Response> | Response;
type Guarded = (
  visitor: Visitor,
  from: Incoming,
  params: Readonly<Record<string, string>>,
  asked: Asked,
) => Promise<Response> | Response;

type PluginOptions = Omit<DashboardOptions, 'commands'> &
  (
    | { readonly commands: Commands }
    | {
        /** @deprecated The former name of `commands`; removed in the next version. */
        readonly moderation: Commands;
      }
  );

/** A dashboard as a plugin for any Elysia app. @throws Error when two panels have the same id or path */
export function adminDashboard(options: PluginOptions) {
  const commands = 'commands' in options ? options.commands : options.moderation;
  const dashboard = new Dashboard({ ...options, commands });
  return dashboardPlugin(dashboard).onStop(() => dashboard.close());
}

/** The routes of a dashboard. All responses are made here, errors too. */
export function dashboardPlugin(dashboard: Dashboard) {
  const { base, entrance } = dashboard;
  const routes = new Routes(dashboard);
  const raw = { parse: 'none' } as const;
  const app = new Elysia({ name: `admin ${base}`, prefix: base })
    .get('/assets/:name', ({ params }) => {
      const found = serveAsset(params.name);
      return found ?? new Response('there is no such file\n', { status: 404, headers: securityHeaders });
    })
    .get(
      '/login',
      routes.open(() => login(dashboard)),
    )
    .post(
      '/login',
      routes.open(async (from) => await logIn(dashboard, from)),
      raw,
    )
    .get(
      '/setup',
      routes.open(({ url }) => {
        const token = url.searchParams.get('token') ?? '';
        entrance.requireSetup(token);
        return htmlResponse(dashboard.document('Set-up', setupBody({ action: `${base}/setup`, token })));
      }),
    )
    .post(
      '/setup',
      routes.open(async (from) => await setUp(dashboard, from)),
      raw,
    )
    .post(
      '/logout',
      routes.guarded(async (visitor, from) => await logOut(dashboard, visitor, from)),
      raw,
    )
    .get(
      '/live/:panel',
      routes.guarded((visitor, from, { panel = '' }, asked) => live(dashboard, visitor, from, panel, asked)),
    )
    .get(
      '/parts/:panel',
      routes.guarded(async (visitor, from, { panel = '' }) =>
        htmlResponse(await dashboard.parts(dashboard.panel(panel), from, visitor)),
      ),
    )
    .get(
      '/export/:file',
      routes.guarded((visitor, from, { file = '' }) => exportFile(dashboard.options, file, visitor, from)),
    )
    .get(
      '/do/:panel/:action',
      routes.guarded((visitor, from, { panel: panelId = '', action: name = '' }) =>
        confirmAction({ dashboard, from, visitor, panelId, name }),
      ),
    )
    .post(
      '/do/:panel/:action',
      routes.guarded((visitor, from, { panel: panelId = '', action: name = '' }) =>
        doAction({ dashboard, from, visitor, panelId, name }),
      ),
      raw,
    )
    .post(
      '/watch',
      routes.guarded(async (visitor, from) => await openWatching(dashboard, visitor, from)),
      raw,
    )
    .post(
      '/watch/:id',
      routes.guarded(
        async (visitor, from, { id = '' }) => await answerWatching(dashboard, visitor, from, id),
      ),
      raw,
    )
    .delete(
      '/watch/:id',
      routes.guarded((visitor, from, { id = '' }) => endWatching(dashboard, visitor, from, id)),
      raw,
    );
  for (const panel of dashboard.panels) app.get(panel.path, routes.guarded(showPanel(dashboard, panel)));
  return app.get(
    '/*',
    routes.guarded(() => {
      throw new SfuError('not_found', 'there is no page at this address');
    }),
  );
}

/** Wraps handlers: authenticates the user and turns errors into pages. */
class Routes {
  constructor(private readonly dashboard: Dashboard) {}

  /** Without a login. */
  open(handle: Open) {
    return async (asked: Asked): Promise<Response> => {
      const from = incoming(
        asked.request,
        asked.server?.requestIP(asked.request)?.address ?? '',
        this.dashboard.addressOf,
      );
      try {
        this.dashboard.pace.require(from.address);
        return await handle(from, asked.params ?? {}, asked);
      } catch (error) {
        return await this.#failed(from, error);
      }
    };
  }

  /** For logged-in users; others are redirected to the login. */
  guarded(handle: Guarded) {
    return this.open(async (from, params, asked) => {
      const visitor = this.dashboard.authenticate(from);
      if (!visitor) return this.#toLogin(from);
      const response = await handle(visitor, from, params, asked);
      if (visitor.cookie) response.headers.append('set-cookie', visitor.cookie);
      return response;
    });
  }

  #toLogin({ request }: Incoming): Response {
    const reading = request.method === 'GET' && !isHtmx(request);
    if (reading && !request.headers.get('accept')?.includes('text/event-stream'))
      return redirect(`${this.dashboard.base}/login`);
    return new Response('log in first\n', { status: 401, headers: securityHeaders });
  }

  async #failed({ request }: Incoming, thrown: unknown): Promise<Response> {
    const error = toSfuError(thrown);
    const { log } = this.dashboard.options;
    if (error.code === 'internal')
      log.error('a request of the dashboard failed', { path: new URL(request.url).pathname, error: thrown });
    const { status } = error;
    const headers = retryHeaders(error);
    if (isHtmx(request)) return htmlResponse(await toast(error.message, { bad: true }), { status, headers });
    const children = [
      failure(error.code, error.message),
      `<p><a href="${this.dashboard.base}">To the start page</a></p>`,
    ];
    return htmlResponse(
      this.dashboard.document('Error', plainBody({ title: 'This did not work', children })),
      { status, headers },
    );
  }
}

function showPanel(dashboard: Dashboard, panel: Panel): Guarded {
  return async (visitor, from) => {
    const context = dashboard.context(visitor, from.url.searchParams, from.address);
    return htmlResponse(await dashboard.page(panel, visitor, context));
  };
}

function login(dashboard: Dashboard): Response {
  const { base, entrance } = dashboard;
  if (entrance.setupSecret !== undefined) {
    const children = failure(
      'Nobody has an account yet',
      'The server printed a set-up link when it started. Open that link to create the first admin.',
    );
    return htmlResponse(dashboard.document('Set-up', plainBody({ title: 'Set-up', children })));
  }
  return htmlResponse(dashboard.document('Log in', loginBody({ action: `${base}/login` })));
}

/** As how many requests a login counts: the check of a password is what costs most here. */
const loginCost = 10;

async function logIn(dashboard: Dashboard, from: Incoming): Promise<Response> {
  const { base, entrance, options, pace } = dashboard;
  pace.require(from.address, loginCost - 1);
  requireSameOrigin(from.request);
  const form = await readForm(from.request);
  try {
    const { cookie = '' } = await entrance.logIn(form, from);
    // The session that this browser had before ends, in case somebody else knows its cookie.
    const old = dashboard.authenticate(from);
    if (old) options.store.sessions.close(old.session.id);
    return redirect(base, { 'set-cookie': cookie });
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code === 'internal') throw thrown;
    const body = loginBody({
      action: `${base}/login`,
      error: sentence(error.message),
      name: form.text('name', 128),
    });
    return htmlResponse(dashboard.document('Log in', body), {
      status: error.status,
      headers: retryHeaders(error),
    });
  }
}

async function setUp(dashboard: Dashboard, from: Incoming): Promise<Response> {
  const { base, entrance } = dashboard;
  requireSameOrigin(from.request);
  const form = await readForm(from.request);
  try {
    const { cookie = '' } = await entrance.setUp(form, from);
    return redirect(base, { 'set-cookie': cookie });
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code !== 'invalid_params') throw thrown;
    const body = setupBody({
      action: `${base}/setup`,
      token: form.raw('token'),
      error: sentence(error.message),
    });
    return htmlResponse(dashboard.document('Set-up', body), { status: error.status });
  }
}

async function logOut(dashboard: Dashboard, { session }: Visitor, from: Incoming): Promise<Response> {
  requireSameOrigin(from.request);
  const form = await readForm(from.request);
  requireCsrfToken(from.request, form.raw('csrf'), session.csrf);
  dashboard.options.store.sessions.close(session.id);
  return redirect(`${dashboard.base}/login`, { 'set-cookie': endedCookie });
}

function live(
  dashboard: Dashboard,
  visitor: Visitor,
  from: Incoming,
  panelId: string,
  { request, server }: Asked,
): Response {
  const stream = dashboard.stream(dashboard.panel(panelId), from, visitor);
  // Longer than the heartbeat of a page on which nothing happens. It ends a stream whose browser takes nothing any more.
  server?.timeout(request, liveTimeoutSeconds);
  return new Response(stream, {
    headers: {
      ...securityHeaders,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    },
  });
}
