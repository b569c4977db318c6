import { describe, expect, test } from 'bun:test';
import type { ClientError } from '../../client/index.ts';
import { inventRoom } from '../../client/page/address.ts';
import { initials } from '../../client/page/dom.ts';
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
    for (const { width } of places) expect(width).toBeGreaterThanOrEqual(132);
  });

  test('gives one the room and the others a strip, and no place to those that do not fit', () => {
    const places = speakerPlaces(12, phone);
    const [main, ...others] = places;
    expect(main).toMatchObject({ left: 0, top: 0, width: phone.width });
    expect(others.filter((place) => place !== undefined)).toHaveLength(3);
    expect(speakerPlaces(1, phone)).toEqual(gridPlaces(1, phone));
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
    expect(readClaims(token)).toEqual({ room: 'kitchen', sub: 'alice', name: 'Älice 🍲' });
    for (const wrong of ['', 'a.b.c', 'a.bnVsbA.c', '....']) expect(readClaims(wrong)).toEqual({});
  });

  test('a name has initials, whatever it is written in', () => {
    expect(initials('Alice Adams')).toBe('AA');
    expect(initials(' bob ')).toBe('B');
    expect(initials('🍲 soup')).toBe('🍲S');
    expect(initials('')).toBe('?');
  });

  test('an invented room is easy to say', () => {
    expect(inventRoom(() => 0)).toBe('barley-barley-10');
    expect(inventRoom()).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
  });
});
