import { expect, test } from 'bun:test';
import { type PlaceableNode, type PlacementWishes, placeClient } from '../../src/operations/placement.ts';

const node = (name: string, more: Partial<PlaceableNode> = {}): PlaceableNode => ({
  name,
  url: `https://${name}.example.org`,
  region: null,
  peers: 0,
  draining: false,
  stale: false,
  stress: null,
  ...more,
});

const place = (nodes: readonly PlaceableNode[], wishes: Omit<PlacementWishes, 'fullAt'>) =>
  placeClient(nodes, { fullAt: 0.85, ...wishes });
const namesOf = (...given: Parameters<typeof place>) => place(...given).map(({ name }) => name);
const stress = (level: number) => ({ level, resource: 'worker_cpu' as const });
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
  const placed = place(nodes, { withRoom: new Set(['good']), region: 'ams' });
  expect(placed.map(({ name, usable, why }) => ({ name, usable, why }))).toEqual([
    { name: 'good', usable: true, why: 'not in ams; has the room; 1 peer' },
    { name: 'silent', usable: false, why: 'nothing is heard of it' },
    { name: 'ending', usable: false, why: 'it is about to end' },
    { name: 'nameless', usable: false, why: 'it has no TUREEN_PUBLIC_URL, so clients cannot be sent to it' },
  ]);
});

test('3,000 who want one room are spread over the nodes, and one that is full gets nobody', () => {
  // Each that a node takes adds to its stress; the first one has the room, and a third one is full of other calls.
  const nodes = [
    { ...node('one'), peers: 1, stress: stress(0) },
    { ...node('two'), peers: 0, stress: stress(0) },
    { ...node('three'), peers: 0, stress: stress(0.9) },
  ];
  const withRoom = new Set(['one']);
  for (let come = 0; come < 3000; come += 1) {
    const [first] = place(nodes, { withRoom });
    const chosen = nodes.find(({ name }) => name === first?.name);
    if (!first?.usable || !chosen) throw new Error('nobody takes the next one');
    chosen.peers += 1;
    chosen.stress = stress(chosen.peers / 3800);
    withRoom.add(chosen.name);
  }
  const [one, two, three] = nodes;
  expect(three).toMatchObject({ peers: 0 });
  expect(Math.abs((one?.peers ?? 0) - (two?.peers ?? 0))).toBeLessThan(400);
  const full = place(nodes, { withRoom }).at(-1);
  expect(full).toMatchObject({
    name: 'three',
    usable: false,
    why: expect.stringContaining('full (worker_cpu)'),
  });
});
