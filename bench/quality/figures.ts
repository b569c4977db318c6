import type { CallNotes, HeardSound, SeenFrame, ToldQuality } from '../pages/call-page.ts';

/** A stretch of time, in milliseconds since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** What came of one cell on one side. */
export interface CellFigures {
  readonly freezes: number;
  readonly frozenSeconds: number;
  readonly framesPerSecond: number;
  /** The height of the picture, most of the time in the second half. */
  readonly lines: number;
  /** Share of the sound that the player made up. */
  readonly concealed: number;
  /** From the beginning until the picture freezes no more. */
  readonly settlesSeconds: number;
  /** From the end until the picture is as before; the time that was waited where it did not come. */
  readonly returnsSeconds: number;
  /** Of the receiver whose network is good. */
  readonly otherFrozenSeconds: number;
  /** For how long the page called a connection good that nobody would; undefined where it says nothing. */
  readonly wronglyGoodSeconds?: number;
}

/** The whole picture. */
export const fullLines = 720;
/** Of a picture that is as before. */
const liveFramesPerSecond = 15;
const second = 1000;
/** What a person would not call good, by what it got in the last seconds. */
export const notGood = { lastMs: 5000, concealed: 0.03, freezeMs: 1000, lines: fullLines / 2 } as const;
/** So long after the network changed the page should know. */
const knowsAfterMs = 6500;

/** The waits between frames that count as freezes, as browsers count them: https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount */
export function freezesOf(frames: readonly SeenFrame[], { from, until }: Stretch): Stretch[] {
  const times = [...frames.map(({ at }) => at).filter((at) => at < until), until];
  const freezes: Stretch[] = [];
  let usual = second / 30;
  for (const [index, at] of times.entries()) {
    const before = times[index - 1];
    if (before === undefined) continue;
    const wait = at - before;
    if (wait > Math.max(3 * usual, usual + 150)) {
      if (at > from) freezes.push({ from: Math.max(from, before), until: at });
    } else usual += (wait - usual) / 30;
  }
  return freezes;
}

const lengthOf = (stretches: readonly Stretch[]) =>
  stretches.reduce((sum, { from, until }) => sum + until - from, 0);

const within = <T extends { readonly at: number }>(all: readonly T[], { from, until }: Stretch): T[] =>
  all.filter(({ at }) => at >= from && at < until);

/** The share of the sound of a stretch that the player made up. */
export function concealedOf(sounds: readonly HeardSound[], stretch: Stretch): number {
  const heard = within(sounds, stretch);
  const [first, last] = [heard[0], heard.at(-1)];
  if (!first || !last || last.samples === first.samples) return 0;
  return (last.concealed - first.concealed) / (last.samples - first.samples);
}

/** Whether the picture is whole, and goes on for a second. */
export function isLive(frames: readonly SeenFrame[], at: number): boolean {
  const lately = within(frames, { from: at, until: at + second });
  return lately.length >= liveFramesPerSecond && lately.every(({ lines }) => lines === fullLines);
}

/** When the picture was whole and went on, at the earliest after `from`. */
export function liveSince(frames: readonly SeenFrame[], { from, until }: Stretch): number | undefined {
  return frames.find(({ at }) => at >= from && at + second <= until && isLive(frames, at))?.at;
}

/** For how long the page said "good" of what a person would not call so. */
function wronglyGood(told: readonly ToldQuality[], { frames, sounds }: CallNotes, stretch: Stretch): number {
  const knows = { from: stretch.from + knowsAfterMs, until: stretch.until };
  const moments = within(told, knows);
  const wrong = moments.filter(({ at, level }) => level === 'good' && isNotGood(frames, sounds, at));
  return moments.length === 0
    ? 0
    : (Math.max(0, knows.until - knows.from) * wrong.length) / moments.length / second;
}

function isNotGood(frames: readonly SeenFrame[], sounds: readonly HeardSound[], at: number): boolean {
  const lately = { from: at - notGood.lastMs, until: at };
  const lines = within(frames, lately).at(-1)?.lines ?? 0;
  return (
    lines < notGood.lines ||
    concealedOf(sounds, lately) > notGood.concealed ||
    freezesOf(frames, lately).some((freeze) => lengthOf([freeze]) > notGood.freezeMs)
  );
}

export interface CellNotes {
  /** Of who receives over the bad network, or from it. */
  readonly receiver: CallNotes;
  readonly other: CallNotes;
  /** What the page behind the bad network said of it. */
  readonly told: readonly ToldQuality[];
  /** When the network was bad. */
  readonly bad: Stretch;
  /** Until when it was looked at. */
  readonly until: number;
}

export function figuresOf({ receiver, other, told, bad, until }: CellNotes): CellFigures {
  const whole = { from: bad.from, until };
  const freezes = freezesOf(receiver.frames, whole);
  const during = freezes.filter(({ from }) => from < bad.until);
  const seen = within(receiver.frames, bad);
  const later = within(seen, { from: (bad.from + bad.until) / 2, until: bad.until });
  const live = liveSince(receiver.frames, { from: bad.until, until }) ?? until;
  return {
    freezes: freezes.length,
    frozenSeconds: lengthOf(freezes) / second,
    framesPerSecond: (seen.length * second) / (bad.until - bad.from),
    lines: most(later.map(({ lines }) => lines)),
    concealed: concealedOf(receiver.sounds, whole),
    settlesSeconds: (Math.min(bad.until, during.at(-1)?.until ?? bad.from) - bad.from) / second,
    returnsSeconds: (live - bad.until) / second,
    otherFrozenSeconds: lengthOf(freezesOf(other.frames, whole)) / second,
    ...(told.length > 0 && { wronglyGoodSeconds: wronglyGood(told, receiver, bad) }),
  };
}

/** The most frequent one; 0 of none. */
function most(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
}
