import { expect, test } from 'bun:test';
import type { SeenFrame } from '../../bench/pages/call-page.ts';
import { cells, cellsNamed, smallCells } from '../../bench/quality/cells.ts';
import { concealedOf, figuresOf, freezesOf, liveSince } from '../../bench/quality/figures.ts';
import { isWorse, tableOf } from '../../bench/quality/table.ts';

/** Frames at 20 a second from one time until another, in milliseconds. */
const frames = (from: number, until: number, lines = 720): SeenFrame[] =>
  Array.from({ length: Math.floor((until - from) / 50) }, (_, index) => ({ at: from + index * 50, lines }));
/** Sound of 48,000 samples a second, of which a share is made up from a time on. */
const sounds = (until: number, share: number, from: number) =>
  Array.from({ length: until / 250 }, (_, index) => {
    const at = index * 250;
    return { at, samples: at * 48, concealed: Math.max(0, at - from) * 48 * share };
  });

test('a wait between frames is a freeze when it is much longer than usual, and at the end too', () => {
  const all = { from: 1000, until: 20_000 };
  expect(freezesOf(frames(0, 20_000), all)).toEqual([]);
  const broken = [...frames(0, 5000), ...frames(7000, 12_000), ...frames(12_100, 18_000)];
  expect(freezesOf(broken, all)).toEqual([
    { from: 4950, until: 7000 },
    { from: 17_950, until: 20_000 },
  ]);
  // What was before does not count.
  expect(freezesOf(broken, { from: 6000, until: 8000 })).toEqual([{ from: 6000, until: 7000 }]);
  // Half of the frames is another rate, and no freeze.
  expect(
    freezesOf(
      frames(0, 20_000).filter((_, index) => index % 2 === 0),
      all,
    ),
  ).toEqual([]);
});

test('a picture is back when it is whole and goes on for a second', () => {
  const seen = [...frames(0, 4000, 180), ...frames(4000, 4500), ...frames(6000, 9000)];
  expect(liveSince(seen, { from: 1000, until: 9000 })).toBe(6000);
  expect(liveSince(seen, { from: 1000, until: 6500 })).toBeUndefined();
});

test('a cell has its freezes, its made up sound, and for how long the page called that good', () => {
  const bad = { from: 10_000, until: 22_000 };
  const receiver = {
    frames: [...frames(0, 14_000), ...frames(16_000, 24_000, 180), ...frames(24_000, 27_000)],
    sounds: sounds(27_000, 0.1, 10_000),
    told: [],
  };
  const told = Array.from({ length: 27_000 / 250 }, (_, index) => ({ at: index * 250, level: 'good' }));
  const other = { frames: frames(0, 27_000), sounds: [], told: [] };
  const figures = figuresOf({ receiver, other, told, bad, until: 27_000 });
  expect(figures).toMatchObject({ freezes: 1, lines: 180, otherFrozenSeconds: 0 });
  expect(figures.frozenSeconds).toBeCloseTo(2.05, 2);
  expect(figures.settlesSeconds).toBeCloseTo(6, 2);
  expect(figures.returnsSeconds).toBeCloseTo(2, 2);
  expect(figures.concealed).toBeCloseTo(0.1, 2);
  expect(concealedOf(receiver.sounds, { from: 0, until: 10_000 })).toBe(0);
  // From 6.5 seconds after the beginning on.
  expect(figures.wronglyGoodSeconds).toBeCloseTo(5.5, 1);
  const poor = told.map(({ at }) => ({ at, level: 'poor' }));
  expect(figuresOf({ receiver, other, told: poor, bad, until: 27_000 }).wronglyGoodSeconds).toBe(0);
  expect(isWorse(figures, { ...figures, frozenSeconds: 1 })).toBe(true);
  expect(isWorse(figures, figures)).toBe(false);
  expect(tableOf([{ name: 'down-loss-10', ours: figures, reference: figures }]).split('\n')).toHaveLength(3);
});

test('cells have names of their own, and one that does not exist is told with those that do', () => {
  expect(new Set(cells.map(({ name }) => name)).size).toBe(cells.length);
  expect(cellsNamed(smallCells)).toHaveLength(4);
  expect(() => cellsNamed(['down-loss-3'])).toThrow(/there is no cell "down-loss-3".*down-loss-2/);
});
