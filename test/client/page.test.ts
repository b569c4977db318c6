import { describe, expect, test } from 'bun:test';
import type { ClientError } from '../../client/index.ts';
import { inventRoom } from '../../client/page/address.ts';
import { initials } from '../../client/page/dom.ts';
import { type Candidate, chooseInView } from '../../client/page/in-view.ts';
import { gridPlaces, speakerPlaces } from '../../client/page/layout.ts';
import { explain, explainPublicationEnd } from '../../client/page/texts.ts';
import { readClaims } from '../../client/page/token.ts';
import { errorCodes } from '../../src/core/errors.ts';
import { tokenFor } from '../support/server.ts';

const desktop = { width: 1248, height: 640 };
const phone = { width: 374, height: 720 };

describe('the layout of tiles', () => {
  test('places all alike within the area, without overlap', () => {
    for (const area of [desktop, phone]) {
      for (let count = 1; count <= 9; count += 1) {
        const places = gridPlaces(count, area);
        expect(places).toHaveLength(count);
        for (const [index, place] of places.entries()) {
          expect(place.left).toBeGreaterThanOrEqual(-0.01);
          expect(place.left + place.width).toBeLessThanOrEqual(area.width + 0.01);
          expect(place.top + place.height).toBeLessThanOrEqual(area.height + 0.01);
          const overlaps = places.some(
            (other, at) =>
              at !== index &&
              Math.abs(other.left - place.left) < place.width &&
              Math.abs(other.top - place.top) < place.height,
          );
          expect(overlaps).toBe(false);
        }
      }
    }
  });

  test('puts two side by side on a desk and one above the other on a phone', () => {
    const [left, right] = gridPlaces(2, desktop);
    expect(left?.top).toBe(right?.top);
    const [above, below] = gridPlaces(2, phone);
    expect(above?.left).toBe(below?.left);
  });

  test('goes on below when there are too many for the area, and keeps faces recognisable', () => {
    const places = gridPlaces(40, phone);
    expect(places.at(-1)?.top).toBeGreaterThan(phone.height);
    for (const { width } of places) expect(width).toBeGreaterThanOrEqual(100);
    for (const { width } of gridPlaces(60, desktop)) expect(width).toBeGreaterThanOrEqual(160);
  });

  test('shows a dozen of 29 at once on a phone, held either way', () => {
    for (const area of [
      { width: 344, height: 500 },
      { width: 828, height: 276 },
    ]) {
      const inView = gridPlaces(29, area).filter(({ top, height }) => top + height <= area.height);
      expect(inView.length).toBeGreaterThanOrEqual(12);
    }
  });

  test('gives one the room and the others small places, the last of them to the number of those left', () => {
    const { places, more } = speakerPlaces(20, phone);
    const [main, ...others] = places;
    expect(main).toMatchObject({ left: 0, top: 0, width: phone.width });
    const shown = others.filter((place) => place !== undefined);
    expect(more?.width).toBe(shown[0]?.width);
    for (const place of shown) {
      expect(place.top).toBeGreaterThanOrEqual((main?.height ?? 0) + 1);
      expect(place.left).not.toBe(more?.top === place.top ? more.left : -1);
    }
    expect(speakerPlaces(4, phone).more).toBeUndefined();
    expect(speakerPlaces(1, phone)).toEqual({ places: gridPlaces(1, phone), more: undefined });
  });

  test('leaves to the large one what the small ones do not need', () => {
    const [main, ...others] = speakerPlaces(3, phone).places;
    const [first] = others;
    expect(others.map((place) => place?.top)).toEqual([first?.top, first?.top]);
    expect((main?.height ?? 0) + 10 + (first?.height ?? 0)).toBe(phone.height);
  });

  test('puts the small ones beside the large one where that leaves it larger', () => {
    for (const area of [desktop, { width: 828, height: 276 }]) {
      const [main] = speakerPlaces(14, area).places;
      expect(main?.height).toBe(area.height);
    }
  });
});

describe('who is in view when there is no room for all', () => {
  const person = (id: string, more: Partial<Candidate> = {}): Candidate => ({
    id,
    own: false,
    screen: false,
    handRaisedAt: null,
    spokeAt: 0,
    ...more,
  });
  const people = Array.from({ length: 14 }, (_, index) => person(`p${index}`));

  test('are oneself, raised hands and the latest speakers, then who came first', () => {
    const all = [
      ...people,
      person('hand', { handRaisedAt: 5 }),
      person('talks', { spokeAt: 9 }),
      person('talked', { spokeAt: 3 }),
      person('me', { own: true }),
    ];
    const seen = chooseInView(all, 5, []);
    expect([...seen].sort()).toEqual(['hand', 'me', 'p0', 'talked', 'talks']);
  });

  test('and those who stay keep their places', () => {
    const before = chooseInView([...people, person('me', { own: true })], 4, []);
    expect(before).toEqual(['p0', 'p1', 'p2', 'me']);
    const [first, ...others] = people.map((one) => (one.id === 'p9' ? { ...one, spokeAt: 7 } : one));
    const after = chooseInView([first ?? person('none'), ...others, person('me', { own: true })], 4, before);
    expect(after).toEqual(['p0', 'p1', 'p9', 'me']);
  });

  test('are all where there is room', () => {
    expect(chooseInView(people, 20, ['p3'])).toHaveLength(people.length);
  });
});

describe('texts', () => {
  test('explain every refusal of the server by what happened and what to do', () => {
    const refusals = [
      'removed',
      'replaced',
      'room_full',
      'room_locked',
      'banned',
      'unauthorized',
      'forbidden',
    ];
    for (const code of [...refusals, ...Object.keys(errorCodes), 'unreachable', 'timeout']) {
      const { title, what, advice } = explain({ code, message: 'the reason of the server' } as ClientError);
      for (const text of [title, what, advice]) expect(text.length).toBeGreaterThan(5);
      expect(what).toMatch(/^[A-Z].*[.!?]$/);
      expect(advice).toMatch(/^[A-Z].*[.!?]$/);
    }
    for (const code of refusals) {
      expect(explain({ code, message: 'x' } as ClientError).title).not.toBe('The call ended');
    }
  });

  test('say nothing of what the user ended', () => {
    expect(explainPublicationEnd('camera', 'ended')).toBeUndefined();
    expect(explainPublicationEnd('camera', 'unplugged')).toContain('unplugged');
  });
});

describe('small things', () => {
  test('a token’s claims are read, and nothing of what is no token', async () => {
    const token = await tokenFor('kitchen', 'alice', { name: 'Älice 🍲' });
    expect(readClaims(token)).toEqual({ room: 'kitchen', sub: 'alice', displayName: 'Älice 🍲' });
    // The former name of the claim.
    const former = `.${btoa(JSON.stringify({ name: 'Alice' }))}.`;
    expect(readClaims(former)).toEqual({ displayName: 'Alice' });
    for (const wrong of ['', 'a.b.c', 'a.bnVsbA.c', '....']) expect(readClaims(wrong)).toEqual({});
  });

  test('a name has initials, whatever it is written in', () => {
    expect(initials('Alice Adams')).toBe('AA');
    expect(initials(' bob ')).toBe('B');
    expect(initials('🍲 soup')).toBe('🍲S');
    expect(initials('')).toBe('?');
    expect(initials('Person 11')).toBe('P11');
    expect(initials('Person 12')).toBe('P12');
  });

  test('a token that grants nothing to publish, or hides its holder, is known to be for listening', async () => {
    const listens = async (grants: Parameters<typeof tokenFor>[2]) =>
      readClaims(await tokenFor('kitchen', 'alice', grants)).listens ?? false;
    expect(await listens({ grants: { publish: false } })).toBe(true);
    expect(await listens({ grants: { publish: [] } })).toBe(true);
    expect(await listens({ grants: { hidden: true } })).toBe(true);
    expect(await listens({ grants: { publish: ['audio'] } })).toBe(false);
    expect(await listens({})).toBe(false);
  });

  test('an invented room is easy to say', () => {
    expect(inventRoom(() => 0)).toBe('barley-barley-10');
    expect(inventRoom()).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
  });
});
