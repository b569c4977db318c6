import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meshCommand } from '../../src/cli/mesh.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Store } from '../../src/store/store.ts';
import { silentConsole } from './silent-console.ts';

const folder = await mkdtemp(join(tmpdir(), 'tureen-mesh-'));
const { print, fail, said, restore } = silentConsole();
afterAll(async () => {
  restore();
  await rm(folder, { recursive: true });
});

test('an import lets a database join another mesh with all that it has', async () => {
  const before = new Store({ folder, log: silentLogger });
  before.users.put({ name: 'anna', passwordHash: 'x', role: 'admin', origin: 'page' });
  before.apiKeys.create('backend', 'viewer');
  for (const ref of before.facts.latestWaiting(10)) before.facts.sent(ref);
  before.facts.membership.joined('00000000-0000-4000-8000-000000000000', 1);
  expect(before.state.facts.waiting).toBe(0);
  before.close();

  expect(await meshCommand(['import'], { TUREEN_DATA_DIR: folder })).toBe(0);
  expect(said(print)).toMatch(/joins the next mesh that it finds, with 2 bans, removals, users and API keys/);
  using after = new Store({ folder, log: silentLogger });
  expect(after.facts.membership).toMatchObject({ meshId: null, isImporting: true });
  expect(after.state.facts.waiting).toBe(2);
});

test('what cannot be imported is refused with what is wanted', async () => {
  expect(await meshCommand([], { TUREEN_DATA_DIR: folder })).toBe(1);
  expect(said(fail)).toMatch(/got "", wants "import"/);
  expect(await meshCommand(['import'], {})).toBe(1);
  expect(said(fail)).toMatch(/TUREEN_DATA_DIR is not set/);
  expect(await meshCommand(['--help'], {})).toBe(0);
  expect(said(print)).toMatch(/tureen mesh import/);
});
