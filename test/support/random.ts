/** Numbers that look random and are the same for the same seed. */
export interface Random {
  readonly seed: number;
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  /** Whether something of this likelihood happens. */
  chance(likelihood: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** A source for one test. It prints its seed; TUREEN_TEST_SEED repeats a run. */
export function seededRandom(what: string): Random {
  const given = Number.parseInt(process.env.TUREEN_TEST_SEED ?? '', 10);
  const seed = Number.isSafeInteger(given) ? given : crypto.getRandomValues(new Uint32Array(1))[0];
  console.log(`${what}: TUREEN_TEST_SEED=${seed}`);
  return randomOf(seed ?? 0);
}

/** Mulberry32: short, and good enough to choose test steps by. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    seed,
    next,
    below,
    chance: (likelihood) => next() < likelihood,
    pick: (list) => {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
  };
}
