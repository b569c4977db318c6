import { type AddressTest, addressTest, type ClientAddress, clientAddresses } from '../src/access/address.ts';
import { AddressPace } from '../src/access/pace.ts';
import type { MeshView } from '../src/cluster/reads/view.ts';
import type { CaptureCommands } from '../src/commands/captures.ts';
import type { Commands } from '../src/commands/commands.ts';
import type { Config } from '../src/config/config.ts';
import { type Clock, systemClock } from '../src/core/clock.ts';
import { SfuError } from '../src/core/errors.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingBus } from '../src/signaling/events.ts';
import { hasRole } from '../src/store/roles.ts';
import { isStorageError } from '../src/store/storage-trouble.ts';
import type { Store } from '../src/store/store.ts';
import { joinRegions, type Region } from './html/regions.ts';
import { assetVersion } from './http/assets.ts';
import { Entrance } from './http/entrance.tsx';
import { authenticate, type Incoming, requireRole, type Visitor } from './http/people.ts';
import { Monitor, type MonitorOptions } from './live/monitor.ts';
import { liveStream } from './live/stream.ts';
import { frame, page } from './panel/layout.tsx';
import { type LinkQuery, type Panel, type PanelContext, requireUnique } from './panel/panel.ts';
import { builtInPanels } from './panels/index.ts';
import { nodesPanel } from './panels/nodes.tsx';
import { PanelRenderer } from './rendering.ts';
import { type OpenView, Watchings } from './watchings.ts';

export interface DashboardOptions {
  readonly sfu: Sfu;
  /** Where it learns of connections that were refused or dropped. */
  readonly signaling?: { readonly events: SignalingBus };
  readonly store: Store;
  readonly commands: Commands;
  /** Captures of what peers send; without it nobody can make one. */
  readonly captures?: CaptureCommands;
  readonly config: Config;
  /** Where it is mounted; /admin by default. */
  readonly base?: string;
  /** Panels beside the built-in ones. */
  readonly panels?: readonly Panel[];
  readonly clock?: Clock;
  /** Opens what moderators watch; without it nobody can. */
  readonly openView?: OpenView;
  /** What the other nodes have; undefined for a server that is alone. */
  readonly mesh?: MeshView;
  /** What the self-check finds; nothing unless given. */
  readonly host?: MonitorOptions['host'];
  /** Gets the errors of panels. */
  readonly log: { error(message: string, fields: Record<string, unknown>): void };
}

/** Live pages of one user at the same time, over all their sessions. */
const maxStreamsOfUser = 24;
/** Live pages of everybody. */
const maxStreams = 240;

/** The dashboard without HTTP: its panels, who may see them, and how they are rendered. */
export class Dashboard {
  readonly panels: readonly Panel[];
  readonly monitor: Monitor;
  readonly entrance: Entrance;
  readonly watchings: Watchings | undefined;
  readonly base: string;
  readonly addressOf: ClientAddress;
  readonly pace: AddressPace;
  readonly trustedProxy: AddressTest;
  readonly #clock: Clock;
  /** The user of each live page. */
  readonly #streams = new Map<AbortController, number>();
  readonly #renderer: PanelRenderer;
  /** Messages for the next page of a session, after a form was posted without scripts. */
  readonly #messages = new Map<number, JSX.Element[]>();

  /** @throws Error when two panels have the same id or path */
  constructor(readonly options: DashboardOptions) {
    const { sfu, signaling, store, config, base = '/admin', panels = [], clock = systemClock } = options;
    this.base = base;
    this.#clock = clock;
    this.panels = [...builtInPanels, ...(options.mesh ? [nodesPanel] : []), ...panels];
    requireUnique(this.panels);
    keepConfiguredAdmin(options);
    this.addressOf = clientAddresses(config);
    this.pace = new AddressPace({ clock, perSecond: () => config.addressRequestsPerSecond });
    this.trustedProxy = addressTest(config.trustedProxies ?? []);
    this.entrance = new Entrance(store, () => clock.elapsed());
    const { openView } = options;
    const isAllowed = (visitor: Visitor) =>
      hasRole(visitor.user.role, 'moderator') && this.#mayStillSee(visitor);
    this.watchings = openView && new Watchings({ store, clock, config, openView, isAllowed });
    // The last one, since it has to be closed.
    const { mesh, host } = options;
    const remote = mesh && sfu.mesh.events;
    this.monitor = new Monitor({ sfu, clock, signaling: signaling?.events, mesh, remote, host });
    this.#renderer = new PanelRenderer(this.monitor, options.log);
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
    const { store, commands, captures, config } = this.options;
    const { user, session } = visitor;
    const by = { kind: 'admin', id: user.name } as const;
    const warnings: string[] = [];
    const requester = (reason = '') => ({
      ...{ by, address, reason },
      warn: (sentence: string) => void warnings.push(sentence),
    });
    return {
      monitor: this.monitor,
      commands,
      moderation: commands,
      captures,
      store,
      config,
      user,
      sessionId: session.id,
      watching: this.watchings && hasRole(user.role, 'moderator') ? config.adminWatch : 'off',
      query,
      now: this.#clock.now(),
      warnings,
      requester,
      asker: requester,
      link: (path, fields) => `${this.base}${path === '/' ? '' : path}${queryText(fields)}`,
      actionLink: (panelId, action, fields) => `${this.base}/do/${panelId}/${action}${queryText(fields)}`,
    };
  }

  /** A whole page. @throws SfuError forbidden for a user without its role */
  async page(panel: Panel, visitor: Visitor, context: PanelContext): Promise<string> {
    requireRole(visitor, panel);
    const content = joinRegions(await this.#renderer.content(panel, () => context));
    const panels = this.panels.filter(({ unlisted, role }) => !unlisted && hasRole(visitor.user.role, role));
    const { csrf } = visitor.session;
    const messages = this.#takeMessages(visitor.session.id);
    const body = frame({ context, panels, panel, csrf, content, base: this.base, messages });
    return this.document(panel.title, body);
  }

  /**
   * The content of the page from which an action was requested, as it is after the action. Undefined when the address is
   * that of no page, or of one that the user may not see any more.
   */
  async contentAt(address: string, visitor: Visitor, from: Incoming): Promise<Region | undefined> {
    if (!URL.canParse(address)) return undefined;
    const { pathname, searchParams } = new URL(address);
    const panel = this.panels.find(({ path }) => pathname === `${this.base}${path === '/' ? '' : path}`);
    if (!panel || !this.#mayStillSee(visitor) || !hasRole(visitor.user.role, panel.role)) return undefined;
    return await this.#renderer.content(panel, () => this.context(visitor, searchParams, from.address));
  }

  document(title: string, body: JSX.Element): string {
    return page({ title, body, base: this.base, assetVersion });
  }

  /** The updates of a page as they happen. @throws SfuError forbidden, limit_reached for too many open pages */
  stream(panel: Panel, from: Incoming, visitor: Visitor): ReadableStream<Uint8Array> {
    requireRole(visitor, panel);
    const controller = this.#admit(visitor);
    const { view, leave } = this.#join(panel, from, visitor);
    from.request.signal.addEventListener('abort', () => controller.abort());
    return liveStream({
      view,
      signal: controller.signal,
      allowed: () => this.#mayStillSee(visitor),
      onEnd: () => {
        this.#streams.delete(controller);
        leave();
      },
    });
  }

  /** The content of a page, once, for a page without a stream. @throws SfuError forbidden, limit_reached */
  async parts(panel: Panel, from: Incoming, visitor: Visitor): Promise<string> {
    requireRole(visitor, panel);
    const controller = this.#admit(visitor);
    const { view, leave } = this.#join(panel, from, visitor);
    try {
      const update = await view.update(undefined);
      return (this.#mayStillSee(visitor) && update?.html) || '';
    } finally {
      this.#streams.delete(controller);
      leave();
    }
  }

  /** Shows a message on the next page of this session. */
  showNext(sessionId: number, message: JSX.Element): void {
    this.#messages.set(sessionId, [...(this.#messages.get(sessionId) ?? []), message].slice(-5));
  }

  close(): void {
    for (const controller of this.#streams.keys()) controller.abort();
    this.watchings?.close();
    this.monitor.close();
  }

  /** Counts a live page of a user. @throws SfuError limit_reached */
  #admit({ user }: Visitor): AbortController {
    const own = [...this.#streams.values()].filter((id) => id === user.id).length;
    if (own >= maxStreamsOfUser)
      throw new SfuError(
        'limit_reached',
        `at most ${maxStreamsOfUser} pages can be live at once; close some`,
      );
    if (this.#streams.size >= maxStreams)
      throw new SfuError('limit_reached', `at most ${maxStreams} pages of all users can be live at once`);
    const controller = new AbortController();
    this.#streams.set(controller, user.id);
    return controller;
  }

  /** What a page shows, shared with all that show the same to users of the same role. */
  #join(panel: Panel, from: Incoming, visitor: Visitor) {
    const query = new URLSearchParams(from.url.searchParams);
    query.sort();
    const context = () => this.context(visitor, query, from.address);
    return this.#renderer.join({ panel, visitor, query, context });
  }

  /** Whether the session is open and the user still has the role with which the page was opened. */
  #mayStillSee({ user, session }: Visitor): boolean {
    const { users, sessions } = this.options.store;
    return sessions.isOpen(session.id) && users.get(user.id)?.role === user.role;
  }

  #takeMessages(sessionId: number): JSX.Element[] {
    const messages = this.#messages.get(sessionId) ?? [];
    this.#messages.delete(sessionId);
    return messages;
  }
}

function queryText(fields: LinkQuery = {}): string {
  const given = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return query.size === 0 ? '' : `?${query}`;
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
