import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eventually } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { type MeshFixture, startMesh } from './mesh-fixture.ts';
import { select, Visitor } from './support.ts';

setDefaultTimeout(60_000);

let mesh: MeshFixture;
let viewer: Visitor;
beforeAll(async () => {
  mesh = await startMesh();
  viewer = Visitor.as(mesh.server, 'viewer');
});
afterAll(() => mesh[Symbol.asyncDispose]());

const page = async (name: string) => await viewer.text(mesh.pages[name] ?? '');

/** The texts of the cells of a table, row by row. */
async function cellsOf(html: string, table: string): Promise<string[][]> {
  const cells = await select(html, `${table} td`);
  const { length } = await select(html, `${table} th`);
  return Array.from({ length: cells.length / length }, (_, row) =>
    cells.slice(row * length, (row + 1) * length),
  );
}

test('the page Nodes says of every pair of nodes how far they are, what flows, and what is missing', async () => {
  const rows = await eventually(
    'the media between the first two nodes',
    async () => await cellsOf(await page('nodes'), '#paths'),
    ([ams, iad]) => /kbit/.test(ams?.[2] ?? '') && /kbit/.test(iad?.[1] ?? ''),
  );
  expect(rows.map(([node]) => node)).toEqual(['ams', 'iad', 'syd']);
  const ms = String.raw`\d+(\.\d)? ms`;
  for (const [at, row] of rows.entries())
    for (const [from, cell] of row.slice(1).entries()) {
      const bothReachable = at < 2 && from < 2;
      const media = bothReachable ? String.raw` \d+ kbit/s` : ' no media 2 missing';
      expect([at, from, cell]).toEqual([
        at,
        from,
        expect.stringMatching(at === from ? /^–$/ : new RegExp(`^${ms}${media}$`)),
      ]);
    }
});

test('what a node cannot get is said on the page of the room, with the cause, and beside each peer', async () => {
  const html = await eventually(
    'what each node lacks',
    async () => await page('room'),
    (text) => /to nodes (ams, iad|iad, ams)\b/.test(text) && text.includes('to node syd: '),
  );
  const lines = await select(html, '#unreachable .alert');
  const toOne = 'to node syd: [^;.]*';
  const toTwo = 'to nodes (ams, iad|iad, ams): audio of syd-voice, video of syd-camera';
  const toAll = `(${toOne}; ${toTwo}|${toTwo}; ${toOne})`;
  // Once, though it is the same for all nodes.
  expect(lines).toEqual([
    expect.stringMatching(
      new RegExp(String.raw`^Cannot be brought ${toAll}\. It is tried again\. Cause: .*TUREEN_PIPE_PORTS`),
    ),
  ]);
  expect(await select(html, '#peers .badge.bad')).toContain('video missing on syd');
  expect(await select(html, '.page-head .note')).toEqual([expect.stringContaining('on ams, iad, syd')]);
});

test('the page of a peer says what of it is missing elsewhere, and what it misses itself', async () => {
  const guest = await select(await page('peer-here'), '#peer-head .alert');
  expect(guest).toEqual([expect.stringMatching(/^Cannot be brought to node ams: .*syd-camera/)]);
  const lost = await select(await page('peer-unreachable'), '#peer-head .badge.bad');
  expect(lost.toSorted()).toEqual(['video missing on ams', 'video missing on iad']);
});

test('the page of a peer elsewhere has no empty graphs, but leads to the dashboard of its node', async () => {
  const html = await page('peer');
  expect(await select(html, '#peer-figures .chart')).toEqual([]);
  expect(await select(html, 'p#peer-figures a')).toEqual(['the dashboard of node iad']);
  expect(html).toContain('href="https://iad.example.com/admin/peer?room=room&peer=iad-camera"');
  expect(await select(await page('peer-here'), '#peer-figures .chart')).not.toEqual([]);
});

test('the overview of a node says that media of other nodes does not come to it', async () => {
  expect(await select(await page('overview'), '.alert')).toContainEqual(
    expect.stringMatching(/^In room room 2 tracks of other nodes cannot be brought to this one: /),
  );
});

test('the list of rooms says on which nodes a room is', async () => {
  expect(await select(await page('rooms'), '#rooms td .under')).toEqual(['on ams, iad, syd']);
});

test('what happens on other nodes stands in the timeline of a room, and trouble with their media on the overview', async () => {
  const lines = await select(await page('room'), '#timeline li');
  const has = (text: string) => lines.some((line) => line.includes(text));
  expect([
    has('ams-guest joined'),
    has('iad-guest joined on node iad'),
    has('iad-camera publishes video on node iad'),
    has('video of syd-camera cannot be brought here from node syd: '),
  ]).toEqual([true, true, true, true]);
  const happened = await select(await page('overview'), '#events li');
  expect(happened.some((line) => line.includes('cannot be brought here from node syd'))).toBe(true);
  expect(await select(await page('overview'), '#head .note')).toEqual(['node ams']);
});

test('the page of a room that is on other nodes only says where to find what happened', async () => {
  await enter({ server: mesh.mesh.server('iad'), roomId: 'far', peerId: 'ida' });
  const html = await eventually(
    'the room of the other node',
    async () => await viewer.text('/room?room=far'),
    (text) => text.includes('ida'),
  );
  expect(await select(html, '#timeline .empty-title')).toEqual(['Not on this node']);
  expect(await select(html, '.page-head .note')).toEqual([expect.stringContaining('on iad')]);
});

test('of a node that is not heard, though its media comes, the page says so, and leaves out what it would say', async () => {
  mesh.mesh.hub.isolate('ams');
  const html = await eventually(
    'the silence of a node',
    async () => await page('nodes'),
    (text) => text.includes('not heard'),
  );
  const iad = (await cellsOf(html, '#nodes')).find(([name]) => name?.startsWith('iad'));
  expect(iad?.[0]).toBe('iad not heard');
  expect(iad?.[5]).toMatch(/^\d+ s ago$/);
  const [ams, ...others] = await cellsOf(html, '#paths');
  expect(ams?.[2]).toStartWith('no answer');
  expect(others.find(([name]) => name === 'iad')?.slice(1, 3)).toEqual(['not said', '–']);
});
