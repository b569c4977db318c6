import type { Collector } from '../collector.ts';
import { counter, gauge, histogram } from '../define.ts';

export const metrics = {
  speakingPeers: gauge({
    name: 'tureen_speaking_peers',
    help: 'Peers that are heard now.',
    source: 'state',
  }),
  roomsWithSpeaker: gauge({
    name: 'tureen_rooms_with_active_speaker',
    help: 'Rooms that have an active speaker now.',
    source: 'state',
  }),
  changes: counter({
    name: 'tureen_active_speaker_changes_total',
    help: 'Changes of the active speaker from one peer to another, or from silence to a peer.',
    source: 'event',
  }),
  seconds: counter({
    name: 'tureen_active_speaker_seconds_total',
    help: 'Time that rooms had an active speaker, added over rooms.',
    unit: 'seconds',
    source: 'event',
  }),
  silences: counter({
    name: 'tureen_silences_total',
    help: 'Times that a room fell silent.',
    source: 'event',
  }),
  level: histogram({
    name: 'tureen_audio_level_dbov',
    help: 'Levels of speaking peers, from -127 (silent) to 0 dBov (RFC 6464). Quieter than -70 is silence and not told.',
    unit: 'dBov',
    source: 'event',
    buckets: [-70, -60, -50, -45, -40, -35, -30, -25, -20, -10, 0],
  }),
};

/** Who speaks, for how long, and how loud. */
export const speakers: Collector = {
  name: 'speakers',
  title: 'Speakers',
  metrics,
  start({ page, clock, onEvent, onScrape }) {
    /** Since when a room has an active speaker, by the clock that never jumps. */
    const since = new Map<string, number>();
    /** How many are heard in a room. */
    const speaking = new Map<string, number>();
    const countTime = (roomId: string) => {
      const start = since.get(roomId);
      if (start === undefined) return;
      const now = clock.elapsed();
      page.add(metrics.seconds, (now - start) / 1000);
      since.set(roomId, now);
    };
    onEvent('activeSpeaker', ({ roomId, peerId }) => {
      countTime(roomId);
      if (peerId === null) {
        since.delete(roomId);
        page.add(metrics.silences);
      } else {
        since.set(roomId, clock.elapsed());
        page.add(metrics.changes);
      }
    });
    onEvent('speakingPeers', ({ roomId, volumes }) => {
      if (volumes.length === 0) speaking.delete(roomId);
      else speaking.set(roomId, volumes.length);
      for (const { volume } of volumes) page.observe(metrics.level, volume);
    });
    onEvent('roomClosed', ({ roomId }) => {
      countTime(roomId);
      since.delete(roomId);
      speaking.delete(roomId);
    });
    onScrape(() => {
      // Speakers go on speaking between events.
      for (const roomId of since.keys()) countTime(roomId);
      page.set(
        metrics.speakingPeers,
        [...speaking.values()].reduce((sum, count) => sum + count, 0),
      );
      page.set(metrics.roomsWithSpeaker, since.size);
    });
  },
};
