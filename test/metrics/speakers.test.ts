import { expect, test } from 'bun:test';
import { speakers } from '../../metrics/collectors/speakers.ts';
import { serverActor } from '../../src/core/actors.ts';
import { collecting, sumOf } from './support.ts';

function setUp() {
  const { clock, sfu, text } = collecting(speakers);
  return { clock, events: sfu.events, read: async (name: string) => sumOf(await text(), name) };
}

test('the time with an active speaker is counted while it goes on, and ends with silence', async () => {
  const { clock, events, read } = setUp();
  events.emit('activeSpeaker', { roomId: 'a', peerId: 'alice', volume: -20 });
  clock.advance(4000);
  expect(await read('tureen_active_speaker_seconds_total')).toBe(4);
  expect(await read('tureen_rooms_with_active_speaker')).toBe(1);
  events.emit('activeSpeaker', { roomId: 'a', peerId: 'bob', volume: -20 });
  clock.advance(2000);
  events.emit('activeSpeaker', { roomId: 'a', peerId: null, volume: null });
  clock.advance(60_000);
  expect(await read('tureen_active_speaker_seconds_total')).toBe(6);
  expect(await read('tureen_active_speaker_changes_total')).toBe(2);
  expect(await read('tureen_silences_total')).toBe(1);
  expect(await read('tureen_rooms_with_active_speaker')).toBe(0);
});

test('speaking peers are those that were heard last, and none of a room that ended', async () => {
  const { events, read } = setUp();
  const heard = (roomId: string, ...levels: number[]) =>
    events.emit('speakingPeers', {
      roomId,
      volumes: levels.map((volume, index) => ({ peerId: `p${index}`, producerId: `q${index}`, volume })),
    });
  heard('a', -20, -40);
  heard('b', -30);
  expect(await read('tureen_speaking_peers')).toBe(3);
  heard('a', -20);
  expect(await read('tureen_speaking_peers')).toBe(2);
  expect(await read('tureen_audio_level_dbov_count')).toBe(4);
  events.emit('roomClosed', { roomId: 'b', reason: 'empty', duration: 1, by: serverActor });
  heard('a');
  expect(await read('tureen_speaking_peers')).toBe(0);
});
