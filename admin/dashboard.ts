import { type AddressTest, addressTest, type ClientAddress, clientAddresses } from '../src/access/address.ts';
import { AddressPace } from '../src/access/pace.ts';
import type { Commands } from '../src/commands/commands.ts';
import type { Config } from '../src/config/config.ts';
import { type Clock, systemClock } from '../src/core/clock.ts';
import { SfuError } from '../src/core/errors.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingBus } from '../src/signaling/events.ts';
import { isStorageError } from '../src/store/storage-trouble.ts';
import type { Store } from '../src/store/store.ts';
import { hasRole } from '../src/store/users.ts';
import { escapeAttributes } from './html/attributes.ts';
import { joinRegions, type Region, splitRegions } from './html/regions.ts';
import { assetVersion } from './http/assets.ts';
import { Entrance } from './http/entrance.tsx';
import { authenticate, type Incoming, type Visitor } from './http/people.ts';
import { Monitor } from './live/monitor.ts';
import { liveStream } from './live/stream.ts';
import { failure, frame, page } from './panel/layout.tsx';
import type { LinkQuery, Panel, PanelContext } from './panel/panel.ts';
import { builtInPanels } from './panels/index.ts';

export interface DashboardOptions {
  readonly sfu: Sfu;
  /** Where it learns of connections that were refused or dropped. */
  readonly signaling?: { readonly events: SignalingBus };
  readonly store: Store;
  readonly commands: Commands;
  readonly config: Config;
  /** Where it is mounted; /admin by default. */
  readonly base?: string;
  /** Panels beside the built-in ones. */
  readonly panels?: readonly Panel[];
  readonly clock?: Clock;
  /** Gets the errors of panels. */
  readonly log: { error(message: string, fields: Record<string, unknown>): void };
}

/** Live pages of one session at the same time. */
const maxStreams = 24;

/** The dashboard without HTTP: its panels, who may see them, and how they are rendered. */
export class Dashboard {
  readonly panels: readonly Panel[];
  readonly monitor: Monitor;
  readonly entrance: Entrance;
  readonly base: string;
  readonly addressOf: ClientAddress;
  readonly pace: AddressPace;
  readonly trustedProxy: AddressTest;
  readonly #clock: Clock;
  readonly #streams = new Map<AbortController, number>();
  /** Messages for the next page of a session, after a form was posted without scripts. */
  readonly #messages = new Map<number, JSX.Element[]>();

  /** @throws Error when two panels have the same id or path */
  constructor(readonly options: DashboardOptions) {
    const { sfu, signaling, store, config, base = '/admin', panels = [], clock = systemClock } = options;
    this.base = base;
    this.#clock = clock;
    this.panels = [...builtInPanels, ...panels];
    requireUnique(this.panels);
    keepConfiguredAdmin(options);
    this.addressOf = clientAddresses(config);
    this.pace = new AddressPace({
      now: () => clock.elapsed(),
      perSecond: () => config.addressRequestsPerSecond,
    });
    this.trustedProxy = addressTest(config.trustedProxies ?? []);
    this.entrance = new Entrance(store, () => clock.elapsed());
    // The last one, since it has to be closed.
    this.monitor = new Monitor(sfu, clock, signaling?.events);
  }

  authenticate(from: Incoming): Visitor | undefined {
    return authenticate(this.options.store, this.options.config, this.trustedProxy, from);
  }

  /** @throws SfuError not_found */
  panel(id: string): Panel {
    const panel = this.panels.find((each) => each.id === id);
    if (panel) return panel;
    throw new SfuError('not_found', 'there is no such page');
  }

  context(visitor: Visitor, query: URLSearchParams, address: string): PanelContext {
    const { store, commands, config } = this.options;
    const { user, session } = visitor;
    const by = { kind: 'admin', id: user.name } as const;
    const warnings: string[] = [];
    return {
      monitor: this.monitor,
      commands,
      moderation: commands,
      store,
      config,
      user,
      sessionId: session.id,
      query,
      now: this.#clock.now(),
      warnings,
      asker: (reason = '') => ({ by, address, reason, warn: (sentence) => warnings.push(sentence) }),
      link: (path, fields) => `${this.base}${path === '/' ? '' : path}${queryText(fields)}`,
      actionLink: (panelId, action, fields) => `${this.base}/do/${panelId}/${action}${queryText(fields)}`,
    };
  }

  /** A whole page. @throws SfuError forbidden for a user without its role */
  async page(panel: Panel, visitor: Visitor, context: PanelContext): Promise<string> {
    requireRole(visitor, panel);
    const content = joinRegions(await this.#content(panel, context));
    const panels = this.panels.filter(({ unlisted, role }) => !unlisted && hasRole(visitor.user.role, role));
    const { csrf } = visitor.session;
    const messages = this.#takeMessages(visitor.session.id);
    const body = frame({ context, panels, panel, csrf, content, base: this.base, messages });
    return this.document(panel.title, body);
  }

  document(title: string, body: JSX.Element): string {
    return page({ title, body, base: this.base, assetVersion });
  }

  /** The updates of a page as they happen. @throws SfuError forbidden, limit_reached for too many open pages */
  stream(panel: Panel, from: Incoming, visitor: Visitor): ReadableStream<Uint8Array> {
    requireRole(visitor, panel);
    const sessionId = visitor.session.id;
    if ([...this.#streams.values()].filter((id) => id === sessionId).length >= maxStreams)
      throw new SfuError('limit_reached', `at most ${maxStreams} pages can be live at once; close some`);
    const controller = new AbortController();
    this.#streams.set(controller, sessionId);
    const query = from.url.searchParams;
    const watched = panel.watches?.(query);
    const stopWatching = watched ? this.monitor.watch(watched) : () => {};
    const concerns = (roomId: string | undefined) =>
      !watched || roomId === undefined || roomId === watched.roomId;
    from.request.signal.addEventListener('abort', () => controller.abort());
    return liveStream({
      signal: controller.signal,
      onChange: (listener) => this.monitor.onChange((roomId) => concerns(roomId) && listener()),
      render: async () => {
        const { user, open } = this.#still(visitor);
        if (!open || !user || !hasRole(user.role, panel.role)) return undefined;
        return await this.#content(panel, this.context({ ...visitor, user }, query, from.address));
      },
      onEnd: () => {
        this.#streams.delete(controller);
        stopWatching();
      },
    });
  }

  /** Shows a message on the next page of this session. */
  showNext(sessionId: number, message: JSX.Element): void {
    this.#messages.set(sessionId, [...(this.#messages.get(sessionId) ?? []), message].slice(-5));
  }

  close(): void {
    for (const controller of this.#streams.keys()) controller.abort();
    this.monitor.close();
  }

  #still({ user, session }: Visitor) {
    const { users, sessions } = this.options.store;
    return { user: users.get(user.id), open: sessions.isOpen(session.id) };
  }

  #takeMessages(sessionId: number): JSX.Element[] {
    const messages = this.#messages.get(sessionId) ?? [];
    this.#messages.delete(sessionId);
    return messages;
  }

  async #content(panel: Panel, context: PanelContext): Promise<Region> {
    try {
      return splitRegions(escapeAttributes(await panel.view(context)));
    } catch (error) {
      if (!(error instanceof SfuError))
        this.options.log.error('a panel of the dashboard failed', { panel: panel.id, error });
      const detail =
        error instanceof SfuError ? error.message : 'The error was logged. Other pages are not affected.';
      return splitRegions(await failure(`${panel.title} cannot be shown`, detail));
    }
  }
}

/** @throws SfuError forbidden */
export function requireRole({ user }: Visitor, wanted: { role: Panel['role'] }): void {
  if (!hasRole(user.role, wanted.role))
    throw new SfuError('forbidden', `this needs the role ${wanted.role}, and yours is ${user.role}`);
}

function queryText(fields: LinkQuery = {}): string {
  const given = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return query.size === 0 ? '' : `?${query}`;
}

function requireUnique(panels: readonly Panel[]): void {
  for (const key of ['id', 'path'] as const) {
    const seen = new Set<string>();
    for (const panel of panels) {
      if (seen.has(panel[key]))
        throw new Error(`two panels have the ${key} "${panel[key]}"; give one another`);
      seen.add(panel[key]);
    }
  }
}

/** A disk that does not take it keeps nobody from serving: the admin is as it was stored before, then. */
function keepConfiguredAdmin({ store, config, log }: DashboardOptions): void {
  const { adminUser: name, adminPasswordHash: passwordHash } = config;
  if (!name || !passwordHash) return;
  try {
    store.users.put({ name, passwordHash, role: 'admin', origin: 'configuration' });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    log.error('the admin of TUREEN_ADMIN_USER could not be stored; restart once it can', { error });
  }
}
