import { expect, setDefaultTimeout, test } from 'bun:test';
import { Refusals } from '../../admin/live/refusals.ts';
import { hashPassword } from '../../src/store/users.ts';
import { startServer, withKeys } from '../support/server.ts';
import { startFixture } from './fixtures.ts';
import { select, Visitor } from './support.ts';

setDefaultTimeout(60_000);

test('the overview shows the worst rooms first, quality, and why connections were refused', async () => {
  await using fixture = await startFixture('degraded');
  const html = await Visitor.as(fixture, 'moderator').text('');
  expect(await select(html, '#worst tbody tr')).toHaveLength(6);
  expect(await select(html, '#worst tbody tr:first-child .badge')).toEqual(['3']);
  expect(await select(html, '#worst tbody tr:first-child .under')).toEqual(['packets are lost']);
  expect((await select(html, '#worst tbody td.number')).slice(0, 2)).toEqual(['3', '18 %']);
  expect(await select(html, '#refusals .badge')).toEqual(['3', '2']);
  expect(await select(html, '#refusals .grow > span:first-child')).toEqual(['room locked', 'unauthorized']);
  expect((await select(html, '#events li'))[0]).toContain('worker 2 died: SIGSEGV');
  expect(await select(html, '#moderation li')).toHaveLength(6);
  expect(await select(html, '.figure dt a')).toHaveLength(8);
  const viewer = await Visitor.as(fixture, 'viewer').text('');
  expect(await select(viewer, '#moderation li')).toEqual([]);
});

test('the overview says what the self-check warns of, and that the node is not ready for what is fatal', async () => {
  const finding = (severity: 'fatal' | 'warning', what: string) => ({
    check: 'disk',
    severity,
    what,
    why: 'Bans cannot be saved.',
    remedy: 'Free some space.',
  });
  const findings = [
    finding('warning', 'only 93 MB are free'),
    finding('fatal', 'the certificate has expired'),
  ];
  const measures = { dataFreeBytes: 1, certificateEnd: undefined, clockSynchronized: true };
  await using server = await startServer(withKeys, {
    host: () => ({ checks: ['disk'], findings, measures }),
  });
  const passwordHash = await hashPassword('a password of tests');
  server.store.users.put({ name: 'viewer', passwordHash, role: 'viewer', origin: 'page' });
  const alerts = await select(await Visitor.as(server, 'viewer').text(''), '.alerts .alert');
  expect(alerts.slice(0, 2)).toEqual([
    'Not ready: the certificate has expired.',
    'Only 93 MB are free. Bans cannot be saved. Free some space.',
  ]);
});

test('a chart says its unit, scale and range, also to those who cannot see it', async () => {
  await using fixture = await startFixture('busy');
  const html = await Visitor.as(fixture, 'viewer').text('');
  const [, , , received = ''] = [...html.matchAll(/<figure[^>]*>/g)].map(([tag]) => tag);
  expect(received).toContain('data-unit="Mbit/s"');
  expect((/data-values="([^"]*)"/.exec(received)?.[1] ?? '').split(',')).toHaveLength(60);
  expect((await select(html, '.chart .scale'))[3]).toBe('100 Mbit/s');
  expect((await select(html, '.chart .range'))[3]).toBe('last 5 min');
  expect(html).toMatch(/aria-label="Bitrate received, last 5 min: [\d.]+ Mbit\/s, scale to 100"/);
});

test('refusals are counted by reason for five minutes, however many there are', () => {
  const refusals = new Refusals();
  const minute = 60_000;
  for (let index = 0; index < 3; index += 1) refusals.add({ code: 'banned', roomId: 'a' }, minute);
  refusals.add({ code: 'room_full', roomId: 'b' }, 4 * minute);
  refusals.add({ code: 'banned', roomId: 'c' }, 5 * minute);
  expect(refusals.recent(5 * minute)).toEqual([
    { code: 'banned', count: 4, time: 5 * minute, roomId: 'c' },
    { code: 'room_full', count: 1, time: 4 * minute, roomId: 'b' },
  ]);
  expect(refusals.recent(6 * minute)).toMatchObject([
    { code: 'banned', count: 1 },
    { code: 'room_full', count: 1 },
  ]);
  expect(refusals.recent(10 * minute)).toEqual([]);
});
