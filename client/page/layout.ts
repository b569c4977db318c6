/** Positions of the tiles. Pure arithmetic in CSS pixels; the stage applies it. */

export interface Area {
  readonly width: number;
  readonly height: number;
}

export interface Place extends Area {
  readonly left: number;
  readonly top: number;
}

/** One large tile and small ones. */
export interface SpeakerPlaces {
  /** In the order of the tiles, the large one first; undefined for those that do not fit. */
  readonly places: readonly (Place | undefined)[];
  /** For the number of those that do not fit. */
  readonly more: Place | undefined;
}

const gap = 10;
const widest = 16 / 9;

/** A phone, held either way. */
function isSmall({ width, height }: Area): boolean {
  return Math.min(width, height) < 500;
}

/** The minimum width for a face. */
function leastWidth(area: Area): number {
  return isSmall(area) ? 100 : 160;
}

/** Portrait screens have portrait tiles. */
function narrowest({ width, height }: Area): number {
  return width < height ? 3 / 5 : 4 / 3;
}

/** All tiles of one size, as large as possible and centred; tiles that do not fit go below. */
export function gridPlaces(count: number, area: Area): Place[] {
  const least = narrowest(area);
  const size = (columns: number): Area => {
    const rows = Math.ceil(count / columns);
    const width = (area.width - (columns - 1) * gap) / columns;
    const height = (area.height - (rows - 1) * gap) / rows;
    if (width / height > widest) return { width: height * widest, height };
    return { width, height: Math.min(height, width / least) };
  };
  const sizes = Array.from({ length: Math.max(1, count) }, (_, index) => size(index + 1));
  const best = sizes.reduce(
    (one, other, index) => (space(other) > space(sizes[one] ?? other) ? index : one),
    0,
  );
  const fitting = sizes[best];
  if (!fitting) return [];
  const required = leastWidth(area);
  const tooSmall = Math.min(fitting.width, fitting.height * widest) < required && area.width > required;
  const tile = tooSmall ? smallest(area) : fitting;
  const columns =
    fitting === tile ? best + 1 : Math.max(1, Math.floor((area.width + gap) / (tile.width + gap)));
  return rowsOf(count, columns, tile, area);
}

/** The first tile large, the others small, below it or beside it: where they leave it larger. */
export function speakerPlaces(count: number, area: Area): SpeakerPlaces {
  if (count <= 1) return { places: gridPlaces(count, area), more: undefined };
  const small = isSmall(area) ? { width: 108, height: 81 } : { width: 168, height: 108 };
  const [below, beside] = [stripBelow(count - 1, area, small), stripBeside(count - 1, area, small)];
  const { main, strip, columns } = picture(beside.main) > picture(below.main) ? beside : below;
  const rows = Math.max(1, Math.floor((strip.height + gap) / (small.height + gap)));
  // Oneself, and the number of those who do not fit, always have a place.
  const room = Math.max(2, columns * rows);
  const slots = rowsOf(Math.min(count - 1, room), columns, small, strip).map((slot) => ({
    ...slot,
    left: slot.left + strip.left,
    top: slot.top + strip.top,
  }));
  const more = count - 1 > room ? slots.pop() : undefined;
  const others = Array.from({ length: count - 1 }, (_, index) => slots[index]);
  return { places: [main, ...others], more };
}

interface Strip {
  readonly main: Place;
  readonly strip: Place;
  readonly columns: number;
}

/** Rows below the large tile: as many as are needed and leave it the shape of a picture. */
function stripBelow(count: number, { width, height }: Area, small: Area): Strip {
  const spare = height - width * 0.75;
  const columns = Math.max(1, Math.floor((width + gap) / (small.width + gap)));
  const fitting = Math.max(1, Math.floor(spare / (small.height + gap)));
  const rows = Math.min(fitting, Math.ceil(count / columns));
  const taken = rows * (small.height + gap) - gap;
  const main = { left: 0, top: 0, width, height: Math.max(0, height - taken - gap) };
  const strip = { left: 0, top: main.height + gap, width, height: taken };
  return { main, strip, columns };
}

/** Columns beside it, in the same way. */
function stripBeside(count: number, { width, height }: Area, small: Area): Strip {
  const spare = width - height * widest;
  const rows = Math.max(1, Math.floor((height + gap) / (small.height + gap)));
  const fitting = Math.max(1, Math.floor(spare / (small.width + gap)));
  const columns = Math.min(fitting, Math.ceil(count / rows));
  const taken = columns * (small.width + gap) - gap;
  const main = { left: 0, top: 0, width: Math.max(0, width - taken - gap), height };
  return { main, strip: { left: main.width + gap, top: 0, width: taken, height }, columns };
}

/** How much of a place a picture of the usual shape fills. */
function picture({ width, height }: Area): number {
  return Math.min(width, height * widest) ** 2;
}

function space({ width, height }: Area): number {
  return width * height;
}

function smallest(area: Area): Area {
  const columns = Math.max(1, Math.floor((area.width + gap) / (leastWidth(area) + gap)));
  const width = (area.width - (columns - 1) * gap) / columns;
  return { width, height: area.width < area.height ? width : width / (4 / 3) };
}

function rowsOf(count: number, columns: number, tile: Area, area: Area): Place[] {
  const rows = Math.ceil(count / columns);
  const top = Math.max(0, (area.height - rows * tile.height - (rows - 1) * gap) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = (area.width - inRow * tile.width - (inRow - 1) * gap) / 2;
    const column = index - row * columns;
    return { ...tile, left: left + column * (tile.width + gap), top: top + row * (tile.height + gap) };
  });
}
