import type { Conditions, LinkConditions } from '../../test/support/bad-network/conditions.ts';

/** Whose connection is bad: the receiver's (down), or the sender's (up). */
export type Way = 'down' | 'up';

/** One bad network, for some seconds in the middle of a call. */
export interface Cell {
  readonly name: string;
  readonly way: Way;
  readonly codec: string;
  readonly seconds: number;
  readonly conditions: LinkConditions;
  /** The network is bad before the call begins, and not only from its middle on. */
  readonly fromStart: boolean;
}

interface Kind {
  readonly name: string;
  readonly seconds?: number;
  /** Of the way that media takes. */
  readonly media: Conditions;
  /** Of the other way; nothing is wrong with it unless told. */
  readonly back?: Conditions;
  readonly fromStart?: boolean;
}

/** Long enough for three readings of the page's judgement, each over two seconds, and some more. */
const usualSeconds = 10;

const bothWays = (name: string, media: Conditions, seconds?: number): Kind => ({
  name,
  media,
  back: media,
  seconds,
});

const kinds: readonly Kind[] = [
  ...[2, 5, 10, 20].map((percent): Kind => ({ name: `loss-${percent}`, media: { loss: percent / 100 } })),
  { name: 'bursts', media: { loss: 0.1, burst: 8 } },
  bothWays('delay-100', { delayMs: 100 }),
  bothWays('delay-300', { delayMs: 300 }),
  bothWays('jitter', { delayMs: 50, jitterMs: 100 }),
  ...[2000, 800, 400, 200, 100].map(
    (kilobits): Kind => ({ name: `rate-${kilobits}`, media: { rate: kilobits * 1000 } }),
  ),
  { name: 'start-2000', media: { rate: 2_000_000 }, fromStart: true },
  ...[3, 8, 15].map((seconds) => bothWays(`cut-${seconds}`, { blocked: 'all' }, seconds)),
  bothWays('no-udp', { blocked: 'udp' }),
];

/** A few of them with the other codecs. */
const withOtherCodecs = ['loss-10', 'rate-400'];

const cellOf = (
  way: Way,
  codec: string,
  { name, seconds = usualSeconds, media, back = {}, fromStart = false }: Kind,
): Cell => ({
  name: [way, name, ...(codec === 'vp8' ? [] : [codec])].join('-'),
  way,
  codec,
  seconds,
  fromStart,
  conditions: way === 'down' ? { down: media, up: back } : { up: media, down: back },
});

export const cells: readonly Cell[] = [
  ...(['down', 'up'] as const).flatMap((way) => kinds.map((kind) => cellOf(way, 'vp8', kind))),
  ...['vp9', 'h264'].flatMap((codec) =>
    kinds.filter(({ name }) => withOtherCodecs.includes(name)).map((kind) => cellOf('down', codec, kind)),
  ),
];

/** A quick look. */
export const smallCells: readonly string[] = ['down-loss-10', 'down-rate-400', 'down-cut-3', 'up-rate-800'];

/** @throws Error for a name that no cell has */
export function cellsNamed(names: readonly string[]): Cell[] {
  return names.map((name) => {
    const cell = cells.find((one) => one.name === name);
    if (cell) return cell;
    throw new Error(
      `there is no cell "${name}"; there are ${cells.map((one) => one.name).join(', ')}. Give one of them`,
    );
  });
}
