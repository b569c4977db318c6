import { expect, test } from 'bun:test';
import { type PlaceableNode, placeClient } from '../../src/operations/placement.ts';

const node = (name: string, more: Partial<PlaceableNode> = {}): PlaceableNode => ({
  name,
  url: `https://${name}.example.org`,
  region: null,
  peers: 0,
  draining: false,
  stale: false,
  ...more,
});

const namesOf = (...given: Parameters<typeof placeClient>) => placeClient(...given).map(({ name }) => name);
const nowhere = new Set<string>();

test('a client goes to its region first, then where its room is, then where fewest peers are', () => {
  const nodes = [
    node('far', { region: 'syd', peers: 0 }),
    node('full', { region: 'ams', peers: 90 }),
    node('near', { region: 'ams', peers: 10 }),
    node('room', { region: 'ams', peers: 50 }),
  ];
  const wishes = { region: 'ams', withRoom: new Set(['room', 'far']) };
  expect(namesOf(nodes, wishes)).toEqual(['room', 'near', 'full', 'far']);
  expect(namesOf(nodes, { withRoom: nowhere })).toEqual(['far', 'near', 'room', 'full']);
});

test('nodes to which nobody can be sent come last, and say why', () => {
  const nodes = [
    node('silent', { stale: true }),
    node('ending', { draining: true }),
    node('nameless', { url: null }),
    node('good', { peers: 1 }),
  ];
  const placed = placeClient(nodes, { withRoom: new Set(['good']), region: 'ams' });
  expect(placed.map(({ name, usable, why }) => ({ name, usable, why }))).toEqual([
    { name: 'good', usable: true, why: 'not in ams; has the room; 1 peer' },
    { name: 'silent', usable: false, why: 'nothing is heard of it' },
    { name: 'ending', usable: false, why: 'it is about to end' },
    { name: 'nameless', usable: false, why: 'it has no TUREEN_PUBLIC_URL, so clients cannot be sent to it' },
  ]);
});
