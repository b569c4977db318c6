import { expect, test } from 'bun:test';
import { defaultGrants, mayPublish } from '../../src/core/grants.ts';
import { sourceOf } from '../../src/core/sources.ts';

test.each([
  ['video', { source: 'webcam' }, 'video'],
  ['video', {}, 'video'],
  ['audio', { source: 'mic' }, 'audio'],
  ['video', { share: true }, 'screen'],
  ['video', { source: 'screensharing' }, 'screen'],
  ['audio', { source: 'screenAudio' }, 'screen'],
  ['video', { share: 'true', source: 7 }, 'video'],
] as const)('%s with the data %p is %s', (kind, appData, source) => {
  expect(sourceOf(kind, appData)).toBe(source);
});

test('a list of sources grants these and no others', () => {
  const grants = { ...defaultGrants, publish: ['audio', 'data'] as const };
  const tracks = [
    { kind: 'audio', source: 'audio' },
    { kind: 'video', source: 'video' },
    { kind: 'video', source: 'screen' },
    { kind: 'data', source: 'data' },
  ] as const;
  expect(tracks.map((track) => mayPublish(grants, track))).toEqual([true, false, false, true]);
});

test('a microphone that is called a screen needs the grant for sound', () => {
  const sound = { kind: 'audio', source: 'screen' } as const;
  expect(mayPublish({ publish: ['screen'] }, { kind: 'video', source: 'screen' })).toBe(true);
  expect(mayPublish({ publish: ['screen'] }, sound)).toBe(false);
  expect(mayPublish({ publish: ['screen', 'audio'] }, sound)).toBe(true);
  expect(mayPublish({ publish: ['audio'] }, sound)).toBe(false);
});
