import { expect, setDefaultTimeout, test } from 'bun:test';
import { MeshPaths } from '../../src/cluster/reads/paths.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { TestClock } from '../support/clock.ts';

setDefaultTimeout(60_000);

/** What a node says of all ways, asked by itself. @param clock of the measuring, which stands still unless given */
function pathsOf(mesh: BusMesh, name: string, clock = new TestClock()): MeshPaths {
  const server = mesh.server(name);
  if (!server.mesh) throw new Error(`the node "${name}" is alone`);
  return new MeshPaths({ mesh: server.mesh, sfu: server.sfu, clock });
}

test('every node says how far each other one is, the one that was asked first', async () => {
  await using mesh = await BusMesh.of(['b', 'a', 'c']);
  const all = await pathsOf(mesh, 'b').all();
  expect(all.map(({ node }) => node)).toEqual(['b', 'a', 'c']);
  for (const { node, paths } of all) {
    const others = ['a', 'b', 'c'].filter((name) => name !== node);
    const expected = others.map((name) => ({
      ...{ node: name, roundTrip: expect.any(Number), bitrate: 0, unreachable: 0 },
    }));
    expect([node, paths]).toEqual([node, expected]);
  }
});

test('a node that does not answer says nothing, and the others say that it did not answer', async () => {
  await using mesh = await BusMesh.of(['a', 'b', 'c']);
  mesh.hub.isolate('c');
  const all = await pathsOf(mesh, 'a').all();
  expect(all.find(({ node }) => node === 'c')).toEqual({ node: 'c', paths: null });
  const roundTrips = (name: string) =>
    all.find(({ node }) => node === name)?.paths?.map(({ node, roundTrip }) => [node, roundTrip !== null]);
  expect(roundTrips('a')).toEqual([
    ['b', true],
    ['c', false],
  ]);
  expect(roundTrips('b')).toEqual([
    ['a', true],
    ['c', false],
  ]);
});

test('however often it is asked, a node measures every two seconds at most, and asks the others once a second', async () => {
  await using mesh = await BusMesh.of(['a', 'b']);
  const clock = new TestClock();
  const paths = pathsOf(mesh, 'a', clock);
  let asked = 0;
  mesh.server('a').mesh?.onAsked(() => {
    asked += 1;
  });
  const asks = async () => {
    const before = asked;
    await Promise.all([paths.all(), paths.all()]);
    return asked - before;
  };
  // A question to the other node, and a ping.
  expect(await asks()).toBe(2);
  expect(await asks()).toBe(0);
  clock.advance(1000);
  expect(await asks()).toBe(1);
  clock.advance(1000);
  expect(await asks()).toBe(2);
});
