import { SfuError } from '../src/core/errors.ts';
import { escapeAttributes } from './html/attributes.ts';
import { type Region, splitRegions } from './html/regions.ts';
import type { Visitor } from './http/people.ts';
import { LiveViews, type Render, type ViewSource } from './live/live-views.ts';
import type { Monitor } from './live/monitor.ts';
import { watchIdentity } from './panel/identity.ts';
import { failure } from './panel/layout.tsx';
import type { Panel, PanelContext } from './panel/panel.ts';

export interface JoinOptions {
  readonly panel: Panel;
  readonly visitor: Visitor;
  /** Sorted, so that the same page has the same one. */
  readonly query: URLSearchParams;
  /** As it is at the moment. */
  readonly context: () => PanelContext;
}

type Draw = () => Promise<Region>;

/** Renders the views of panels, once for all who get the same. One that fails shows that in its own place. */
export class PanelRenderer {
  readonly #views = new LiveViews();
  /** Panels that show something of their user's own, so that sessions cannot share them. */
  readonly #personal = new Set<string>();

  constructor(
    private readonly monitor: Monitor,
    private readonly log: { error(message: string, fields: Record<string, unknown>): void },
  ) {}

  /** The content of a page, once. */
  async content(panel: Panel, context: () => PanelContext): Promise<Region> {
    const draw = await this.#prepare(panel, context);
    return await draw();
  }

  /** What a page shows, shared with all that show the same to users of the same role. */
  join({ panel, visitor, query, context }: JoinOptions) {
    const owner = this.#personal.has(panel.id) ? visitor.session.id : null;
    const key = JSON.stringify([panel.id, query.toString(), visitor.user.role, owner]);
    return this.#views.join(key, () => this.#source(panel, context, owner !== null));
  }

  #source(panel: Panel, context: () => PanelContext, isPersonal: boolean): ViewSource {
    const watched = panel.watches?.(context().query);
    const concerns = (roomId: string | undefined) =>
      !watched || roomId === undefined || roomId === watched.roomId;
    const shareable =
      (draw: Draw): Render =>
      async () => {
        const content = await draw();
        // It turned out to be one user's own: nobody else gets it, and all come back for a view of their own.
        return isPersonal || !this.#personal.has(panel.id) ? content : undefined;
      };
    return {
      onChange: (listener) => this.monitor.onChange((roomId) => concerns(roomId) && listener()),
      onEnd: watched ? this.monitor.watch(watched) : () => {},
      prepare: () => {
        const prepared = this.#prepare(panel, context);
        return prepared instanceof Promise ? prepared.then(shareable) : shareable(prepared);
      },
    };
  }

  /** Asks elsewhere for what a view shows. @returns what renders it with that; no promise where nothing has to be asked */
  #prepare(panel: Panel, context: () => PanelContext): Draw | Promise<Draw> {
    const fresh = this.monitor.freshen();
    if (!fresh && !panel.prepare) return () => this.#draw(panel, context(), undefined);
    const own = this.#watching(panel, context(), async (watched) => await panel.prepare?.(watched));
    return Promise.all([own, fresh]).then(
      ([prepared]) =>
        () =>
          this.#draw(panel, context(), prepared),
      (error: unknown) => () => this.#failed(panel, error),
    );
  }

  async #draw(panel: Panel, context: PanelContext, prepared: unknown): Promise<Region> {
    try {
      const html = await this.#watching(
        panel,
        context,
        async (watched) => await panel.view(watched, prepared),
      );
      return splitRegions(escapeAttributes(html));
    } catch (error) {
      return await this.#failed(panel, error);
    }
  }

  /** Notes that a panel is each user's own when it reads who that is. */
  async #watching<T>(
    panel: Panel,
    context: PanelContext,
    use: (watched: PanelContext) => Promise<T>,
  ): Promise<T> {
    const watched = watchIdentity(context);
    try {
      return await use(watched.context);
    } finally {
      if (watched.identityRead()) this.#personal.add(panel.id);
    }
  }

  async #failed(panel: Panel, error: unknown): Promise<Region> {
    if (!(error instanceof SfuError))
      this.log.error('a panel of the dashboard failed', { panel: panel.id, error });
    const detail =
      error instanceof SfuError ? error.message : 'The error was logged. Other pages are not affected.';
    return splitRegions(await failure(`${panel.title} cannot be shown`, detail));
  }
}
