import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ban, banned } from '../support/admittance.ts';
import { MeshNodes } from '../support/mesh-nodes.ts';
import { eventually } from '../support/until.ts';

const known = 'the bans, users and API keys of the other nodes are known';

test('a node that is killed with a ban in its outbox tells it after its next start, and learns what it missed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-facts-'));
  await using mesh = await MeshNodes.start({ names: ['b'] });
  const a = await mesh.add('a', { TUREEN_DATA_DIR: folder });
  await a.prints(known);
  await mesh.bus.kill();
  await ban(a, 'mallory');
  a.process.kill('SIGKILL');
  await a.process.exited;
  await ban(mesh.node('b'), 'eve');
  expect(await banned(mesh.node('b'))).toEqual(['eve']);
  await mesh.bus.restart();

  const again = await mesh.add('a', { TUREEN_DATA_DIR: folder });
  for (const node of [mesh.node('b'), again])
    await eventually(
      'both bans',
      () => banned(node),
      (values) => values.join() === 'eve,mallory',
    );
  await mesh[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('a bus that was stopped and goes on loses no ban that was added meanwhile', async () => {
  await using mesh = await MeshNodes.start({ names: ['a', 'b'] });
  for (const name of ['a', 'b']) await mesh.node(name).prints(known);
  mesh.bus.freeze();
  await ban(mesh.node('a'), 'mallory');
  expect(await banned(mesh.node('a'))).toEqual(['mallory']);
  await mesh.node('a').prints('this node serves with the bans, users and API keys that it knows');
  mesh.bus.thaw();
  await eventually(
    'the ban',
    () => banned(mesh.node('b')),
    (values) => values.join() === 'mallory',
  );
});
