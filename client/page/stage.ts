import { byId } from './dom.ts';
import { gridPlaces, speakerPlaces } from './layout.ts';
import { Tile, type TileOptions } from './tile.ts';

export type Layout = 'grid' | 'speaker';

export interface StageOptions {
  readonly onDetails: (tile: Tile) => void;
  /** The layout or its main tile changed. */
  readonly onLayout: (layout: Layout) => void;
}

/** The tiles of the call and their layout: all of one size, or one large. */
export class Stage {
  readonly #tiles = new Map<string, Tile>();
  readonly #container = byId('tiles');
  readonly #area = byId('stage');
  readonly #resizes = new ResizeObserver(() => this.arrange());
  /** The user's choice; a shared screen is always shown large. */
  #chosen: Layout = 'grid';
  #pinned: string | undefined;
  #speaker: string | undefined;

  constructor(private readonly options: StageOptions) {
    this.#resizes.observe(this.#area);
  }

  get layout(): Layout {
    return this.#pinned !== undefined || this.#screens().length > 0 ? 'speaker' : this.#chosen;
  }

  tile(id: string): Tile | undefined {
    return this.#tiles.get(id);
  }

  all(): Iterable<Tile> {
    return this.#tiles.values();
  }

  /** The tile with that id, created if it does not exist. Our own tile stays the last. */
  add(options: Omit<TileOptions, 'onDetails' | 'onPin'>): Tile {
    const known = this.#tiles.get(options.id);
    if (known) return known;
    const tile: Tile = new Tile({
      ...options,
      onDetails: () => this.options.onDetails(tile),
      onPin: () => this.pin(options.id),
    });
    this.#tiles.set(options.id, tile);
    const own = [...this.#tiles.values()].find((other) => other.options.own && other !== tile);
    this.#container.insertBefore(tile.element, options.own ? null : (own?.element ?? null));
    this.arrange();
    return tile;
  }

  remove(id: string): void {
    this.#tiles.get(id)?.remove();
    this.#tiles.delete(id);
    if (this.#pinned === id) this.#pinned = undefined;
    if (this.#speaker === id) this.#speaker = undefined;
    this.arrange();
  }

  isPinned(id: string): boolean {
    return this.#pinned === id;
  }

  /** Pins or unpins a tile. */
  pin(id: string): void {
    this.#pinned = this.#pinned === id ? undefined : id;
    this.arrange();
  }

  toggleLayout(): void {
    const next = this.layout === 'grid' ? 'speaker' : 'grid';
    this.#pinned = undefined;
    this.#chosen = next;
    this.arrange();
  }

  /** Sets the tile of the active speaker; it stays the main one until somebody else speaks. */
  setSpeaker(id: string): void {
    if (!this.#tiles.has(id) || this.#speaker === id) return;
    this.#speaker = id;
    this.arrange();
  }

  arrange(): void {
    const { layout } = this;
    const style = getComputedStyle(this.#container);
    const area = {
      width: this.#container.clientWidth - Number.parseFloat(style.paddingLeft) * 2,
      height: this.#area.clientHeight - Number.parseFloat(style.paddingTop) * 2,
    };
    const tiles = this.#inOrder();
    const alone = byId('alone');
    alone.hidden = tiles.some(({ options }) => !options.own);
    // The hint for a user who is alone is below the picture, not on it.
    if (!alone.hidden) area.height -= 2 * (alone.offsetHeight + 24);
    if (area.width <= 0 || area.height <= 0) return;
    const main = layout === 'speaker' ? this.#main() : undefined;
    const sorted = main ? [main, ...tiles.filter((tile) => tile !== main)] : tiles;
    const places =
      layout === 'speaker' ? speakerPlaces(sorted.length, area) : gridPlaces(sorted.length, area);
    for (const [index, tile] of sorted.entries()) {
      tile.place(places[index], tile === main && sorted.length > 1);
      tile.setPinned(this.#pinned === tile.options.id);
    }
    const bottom = Math.max(...places.map((place) => (place ? place.top + place.height : 0)), 0);
    // Tiles that do not fit go below, and the stage scrolls.
    this.#container.style.setProperty('height', `${Math.round(bottom)}px`);
    this.#area.dataset.layout = layout;
    this.options.onLayout(layout);
  }

  stop(): void {
    this.#resizes.disconnect();
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
  }

  #main(): Tile | undefined {
    const screens = this.#screens();
    const candidates = [
      this.#pinned,
      screens.findLast(({ options }) => !options.own)?.options.id ?? screens.at(-1)?.options.id,
      this.#speaker,
    ];
    const id = candidates.find((candidate) => candidate !== undefined && this.#tiles.has(candidate));
    const tiles = this.#inOrder();
    return (
      (id === undefined ? undefined : this.#tiles.get(id)) ??
      tiles.find(({ options }) => !options.own) ??
      tiles[0]
    );
  }

  #screens(): Tile[] {
    return this.#inOrder().filter(({ options }) => options.screen);
  }

  #inOrder(): Tile[] {
    const tiles = [...this.#tiles.values()];
    return [...tiles.filter(({ options }) => !options.own), ...tiles.filter(({ options }) => options.own)];
  }
}
