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
  expect((['audio', 'video', 'screen', 'data'] as const).map((source) => mayPublish(grants, source))).toEqual(
    [true, false, false, true],
  );
});
