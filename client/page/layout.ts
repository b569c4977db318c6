/** Positions of the tiles. Pure arithmetic in CSS pixels; the stage applies it. */

export interface Area {
  readonly width: number;
  readonly height: number;
}

export interface Place extends Area {
  readonly left: number;
  readonly top: number;
}

const gap = 10;
const widest = 16 / 9;
/** The minimum width for a face. */
const leastWidth = 132;
const strip = { width: 168, height: 108 };
const smallStrip = { width: 112, height: 84 };

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
  const tile = fitting.width < leastWidth && area.width > leastWidth ? smallest(area) : fitting;
  const columns =
    fitting === tile ? best + 1 : Math.max(1, Math.floor((area.width + gap) / (tile.width + gap)));
  return rowsOf(count, columns, tile, area);
}

/** The first tile large, the others small in a row below it. Tiles that do not fit get no position. */
export function speakerPlaces(count: number, area: Area): (Place | undefined)[] {
  if (count <= 1) return gridPlaces(count, area);
  const small = area.width < 600 ? smallStrip : strip;
  const main = { left: 0, top: 0, width: area.width, height: Math.max(0, area.height - small.height - gap) };
  const room = Math.max(1, Math.floor((area.width + gap) / (small.width + gap)));
  const shown = Math.min(count - 1, room);
  const left = (area.width - shown * small.width - (shown - 1) * gap) / 2;
  const others = Array.from({ length: count - 1 }, (_, index) =>
    index < shown
      ? { ...small, left: left + index * (small.width + gap), top: main.height + gap }
      : undefined,
  );
  return [main, ...others];
}

function space({ width, height }: Area): number {
  return width * height;
}

function smallest(area: Area): Area {
  const columns = Math.max(1, Math.floor((area.width + gap) / (leastWidth + gap)));
  const width = (area.width - (columns - 1) * gap) / columns;
  return { width, height: width / narrowest(area) };
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
