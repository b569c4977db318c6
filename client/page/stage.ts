import { byId, make } from './dom.ts';
import { chooseInView } from './in-view.ts';
import { gridPlaces, type Place, speakerPlaces } from './layout.ts';
import { readPreferences, remember } from './preferences.ts';
import { Tile, type TileOptions } from './tile.ts';

export type Layout = 'grid' | 'speaker';

export interface StageOptions {
  readonly onDetails: (tile: Tile) => void;
  /** The layout or its main tile changed. */
  readonly onLayout: (layout: Layout) => void;
  /** The user wants to see those who do not fit. */
  readonly onMore: () => void;
}

/** The tiles of the call and their layout: all of one size, or one large. */
export class Stage {
  readonly #tiles = new Map<string, Tile>();
  readonly #container = byId('tiles');
  readonly #area = byId('stage');
  readonly #more = make('button', { type: 'button', className: 'more', hidden: true });
  readonly #resizes = new ResizeObserver(() => this.arrange());
  /** The user's choice while no screen is shared. */
  #chosen: Layout = readPreferences().layout ?? 'grid';
  /** The user's choice while one is; it begins with the screen large. */
  #duringShare: Layout = 'speaker';
  #pinned: string | undefined;
  #speaker: string | undefined;
  readonly #spokeAt = new Map<string, number>();
  readonly #hands = new Map<string, number>();
  #inView: readonly string[] = [];

  constructor(private readonly options: StageOptions) {
    this.#resizes.observe(this.#area);
    this.#more.addEventListener('click', options.onMore);
    this.#container.append(this.#more);
  }

  get layout(): Layout {
    if (this.#pinned !== undefined) return 'speaker';
    return this.#screens().length > 0 ? this.#duringShare : this.#chosen;
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
    if (options.screen && this.#screens().length === 0) this.#duringShare = 'speaker';
    tile.setHand(this.#hands.has(options.id));
    this.#tiles.set(options.id, tile);
    const own = [...this.#tiles.values()].find((other) => other.options.own && other !== tile);
    this.#container.insertBefore(tile.element, options.own ? this.#more : (own?.element ?? this.#more));
    this.arrange();
    return tile;
  }

  remove(id: string): void {
    this.#tiles.get(id)?.remove();
    this.#tiles.delete(id);
    this.#spokeAt.delete(id);
    this.#hands.delete(id);
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
    if (this.#screens().length > 0) this.#duringShare = next;
    else {
      this.#chosen = next;
      remember({ layout: next });
    }
    this.arrange();
  }

  /** Sets the tile of the active speaker; it stays the main one until somebody else speaks. */
  setSpeaker(id: string): void {
    if (!this.#tiles.has(id) || this.#speaker === id) return;
    this.#speaker = id;
    this.#spokeAt.set(id, performance.now());
    this.arrange();
  }

  /** A person is heard: it comes into view. */
  setHeard(id: string): void {
    this.#spokeAt.set(id, performance.now());
    if (!this.#inView.includes(id)) this.arrange();
  }

  setHand(id: string, raisedAt: number | null): void {
    if ((this.#hands.get(id) ?? null) === raisedAt) return;
    if (raisedAt === null) this.#hands.delete(id);
    else this.#hands.set(id, raisedAt);
    this.tile(id)?.setHand(raisedAt !== null);
    this.arrange();
  }

  arrange(): void {
    const { layout } = this;
    const area = this.#space();
    if (area.width <= 0 || area.height <= 0) return;
    const tiles = this.#inOrder();
    const main = layout === 'speaker' ? this.#main() : undefined;
    const bottom = main ? this.#placeAround(main, tiles, area) : this.#placeAlike(tiles, area);
    for (const tile of tiles) tile.setPinned(this.#pinned === tile.options.id);
    // Tiles that do not fit go below, and the stage scrolls.
    this.#container.style.setProperty('height', `${Math.round(bottom)}px`);
    this.#area.dataset.layout = layout;
    this.options.onLayout(layout);
  }

  stop(): void {
    this.#resizes.disconnect();
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
    this.#more.remove();
  }

  #space(): { width: number; height: number } {
    const style = getComputedStyle(this.#container);
    const alone = byId('alone');
    alone.hidden = [...this.#tiles.values()].some(({ options }) => !options.own);
    return {
      width: this.#container.clientWidth - Number.parseFloat(style.paddingLeft) * 2,
      height: this.#area.clientHeight - Number.parseFloat(style.paddingTop) * 2,
    };
  }

  /** @returns where the lowest ends */
  #placeAlike(tiles: readonly Tile[], area: { width: number; height: number }): number {
    const places = gridPlaces(tiles.length, area);
    const room = places.filter(({ top, height }) => top + height <= area.height + 1).length;
    const sorted = this.#sort(tiles, room);
    for (const [index, tile] of sorted.entries()) tile.place(places[index], false);
    this.#showMore(undefined, 0);
    return Math.max(0, ...places.map(({ top, height }) => top + height));
  }

  #placeAround(main: Tile, tiles: readonly Tile[], area: { width: number; height: number }): number {
    const { places, more } = speakerPlaces(tiles.length, area);
    const [first, ...others] = places;
    main.place(first, tiles.length > 1);
    const rest = tiles.filter((tile) => tile !== main);
    const room = others.filter((place) => place !== undefined).length;
    for (const [index, tile] of this.#sort(rest, room).entries()) tile.place(others[index], false);
    this.#showMore(more, rest.length - room);
    return Math.max(0, ...places.map((place) => (place ? place.top + place.height : 0)));
  }

  /** Those who are in view, and then the others. */
  #sort(tiles: readonly Tile[], room: number): Tile[] {
    if (tiles.length <= room) {
      this.#inView = tiles.map(({ options }) => options.id);
      return [...tiles];
    }
    const candidates = tiles.map(({ options: { id, own, screen } }) => ({
      id,
      own,
      screen,
      handRaisedAt: this.#hands.get(id) ?? null,
      spokeAt: this.#spokeAt.get(id) ?? 0,
    }));
    this.#inView = chooseInView(candidates, room, this.#inView);
    const place = new Map(this.#inView.map((id, index) => [id, index]));
    const placeOf = ({ options }: Tile) => place.get(options.id) ?? room;
    return [...tiles].sort((one, other) => placeOf(one) - placeOf(other));
  }

  #showMore(place: Place | undefined, count: number): void {
    const { style } = this.#more;
    this.#more.hidden = place === undefined;
    if (!place) return;
    this.#more.textContent = `+${count}`;
    this.#more.setAttribute('aria-label', `${count} more people: show everyone`);
    style.setProperty('transform', `translate(${Math.round(place.left)}px, ${Math.round(place.top)}px)`);
    style.setProperty('width', `${Math.round(place.width)}px`);
    style.setProperty('height', `${Math.round(place.height)}px`);
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
