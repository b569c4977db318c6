import { afterAll, beforeEach, expect, spyOn, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshCommand } from '../../src/cli/mesh.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Store } from '../../src/store/store.ts';

const folder = await mkdtemp(join(tmpdir(), 'tureen-mesh-'));
const [print, fail] = [spyOn(console, 'log'), spyOn(console, 'error')];
for (const spy of [print, fail]) spy.mockImplementation(() => {});
beforeEach(() => {
  for (const spy of [print, fail]) spy.mockClear();
});
afterAll(async () => {
  for (const spy of [print, fail]) spy.mockRestore();
  await rm(folder, { recursive: true });
});
const said = ({ mock }: typeof print) => mock.calls.flat().join('\n');

test('an import lets a database join another mesh with all that it has', () => {
  const before = new Store({ folder, log: silentLogger });
  before.users.put({ name: 'anna', passwordHash: 'x', role: 'admin', origin: 'page' });
  before.apiKeys.create('backend', 'viewer');
  for (const ref of before.facts.latestWaiting(10)) before.facts.sent(ref);
  before.facts.membership.joined('00000000-0000-4000-8000-000000000000', 1);
  expect(before.state.facts.waiting).toBe(0);
  before.close();

  expect(meshCommand(['import'], { TUREEN_DATA_DIR: folder })).toBe(0);
  expect(said(print)).toMatch(/joins the next mesh that it finds, with 2 bans, removals, users and API keys/);
  using after = new Store({ folder, log: silentLogger });
  expect(after.facts.membership).toMatchObject({ meshId: null, isImporting: true });
  expect(after.state.facts.waiting).toBe(2);
});

test('what cannot be imported is refused with what is wanted', () => {
  expect(meshCommand([], { TUREEN_DATA_DIR: folder })).toBe(1);
  expect(said(fail)).toMatch(/got "", wants "import"/);
  expect(meshCommand(['import'], {})).toBe(1);
  expect(said(fail)).toMatch(/TUREEN_DATA_DIR is not set/);
  expect(meshCommand(['--help'], {})).toBe(0);
  expect(said(print)).toMatch(/tureen mesh import/);
});
