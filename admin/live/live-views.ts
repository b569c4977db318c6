import { changedRegions, joinRegions, type Region } from '../html/regions.ts';
import { inTime, pause, RenderQueue } from './render-queue.ts';

/** Minimum time between two renders of the same view. */
const minGapMs = 250;

/** A view that is long takes at most this share of the time. */
const maxShare = 0.1;

/** Renders a view as it is now; undefined when those who have joined may no longer share it. */
export type Render = () => Promise<Region | undefined>;

export interface ViewSource {
  /**
   * Asks elsewhere, such as other nodes, for what the view shows. Waiting for it delays no other view.
   * @returns what renders it with that; no promise where nothing has to be waited for
   */
  readonly prepare: () => Render | Promise<Render>;
  /** Calls the listener when something changed that concerns the view. @returns a function that stops it */
  readonly onChange: (listener: () => void) => () => void;
  /** Called when the last viewer has left. */
  readonly onEnd: () => void;
}

/** A view as it was rendered last, and how a page that shows `since` becomes the same. */
export interface ViewUpdate {
  readonly region: Region;
  /** Elements that htmx puts in their places; empty when nothing differs. */
  readonly html: string;
}

/**
 * What several pages show at the same time: it is rendered once for all of them, and only when something changed and one
 * of them has asked for it.
 */
export class LiveView {
  #current: Region | undefined;
  /** Changes so far, and how many of them what was rendered last shows. */
  #changes = 1;
  #rendered = 0;
  #ended = false;
  #next: Promise<void> | undefined;
  #readyAt = 0;
  #viewers = 0;
  /** What leads from what a page shows to the current state. Pages mostly show the same. */
  readonly #updates = new Map<Region | undefined, string>();
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;

  constructor(
    private readonly source: ViewSource,
    private readonly queue: RenderQueue,
  ) {
    this.#stop = source.onChange(() => this.#change());
  }

  /** Adds a viewer, who gets a state of after this moment. @returns a function that removes the viewer */
  join(): () => void {
    this.#viewers += 1;
    this.#change();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#viewers -= 1;
      if (this.#viewers === 0) this.#end();
    };
  }

  /** Whether a page that shows `shown` would get something else now. */
  isNewTo(shown: Region | undefined): boolean {
    return this.#changed || this.#ended || this.#current !== shown;
  }

  /** Calls the listener when there may be something new. @returns a function that stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The update for a page that shows `since`; undefined when the view has ended. */
  async update(since: Region | undefined): Promise<ViewUpdate | undefined> {
    if (this.#changed && !this.#ended) {
      this.#next ??= this.#render();
      await this.#next;
    }
    const region = this.#current;
    if (this.#ended || region === undefined) return undefined;
    const known = this.#updates.get(since);
    if (known !== undefined) return { region, html: known };
    const html = (since ? changedRegions(since, region) : [region]).map(partial).join('');
    this.#updates.set(since, html);
    return { region, html };
  }

  async #render(): Promise<void> {
    await pause(this.#readyAt - performance.now());
    const { render, changes } = await this.#prepare();
    await this.queue.run(async () => {
      this.#next = undefined;
      // A change from here on needs another render, and so does one since something was asked elsewhere.
      this.#rendered = changes ?? this.#changes;
      if (this.#viewers === 0) return;
      const startedAt = performance.now();
      const region = await render();
      const now = performance.now();
      this.#readyAt = now + Math.max(minGapMs, (now - startedAt) / maxShare);
      this.#updates.clear();
      this.#current = region;
      if (region === undefined) this.#end();
      this.#notify();
    });
  }

  /** What renders it. `changes` is how many there were when something was asked elsewhere. */
  async #prepare(): Promise<{ render: Render; changes?: number }> {
    const prepared = this.source.prepare();
    if (!(prepared instanceof Promise)) return { render: prepared };
    const changes = this.#changes;
    try {
      return { render: await inTime(prepared), changes };
    } catch (error) {
      this.#next = undefined;
      this.#readyAt = performance.now() + minGapMs;
      throw error;
    }
  }

  get #changed(): boolean {
    return this.#rendered !== this.#changes;
  }

  #change(): void {
    this.#changes += 1;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    this.source.onEnd();
  }
}

/** The views that are looked at. */
export class LiveViews {
  readonly #views = new Map<string, LiveView>();
  readonly #queue = new RenderQueue();

  /** The view with this key, which is made when nobody looks at it yet. */
  join(key: string, source: () => ViewSource): { view: LiveView; leave: () => void } {
    const view = this.#views.get(key) ?? this.#add(key, source());
    return { view, leave: view.join() };
  }

  #add(key: string, source: ViewSource): LiveView {
    const onEnd = () => {
      if (this.#views.get(key) === view) this.#views.delete(key);
      source.onEnd();
    };
    const view = new LiveView({ ...source, onEnd }, this.#queue);
    this.#views.set(key, view);
    return view;
  }
}

/** An update of one region. The outermost one is the page's whole content. */
export function partial(region: Region): string {
  const id = region.id || 'content';
  const swap = region.id ? 'outerMorph' : 'innerMorph';
  return `<hx-partial hx-target="#${id}" hx-swap="${swap}">${joinRegions(region)}</hx-partial>`;
}
