import type { Clock } from '../../src/core/clock.ts';
import type { SfuBus } from '../../src/sfu/events.ts';
import { rooms } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** Who speaks, for how long, and how loud. */
export class Speakers {
  /** Since when a room has an active speaker, in milliseconds. */
  readonly #since = new Map<string, number>();
  readonly #speaking = new Map<string, number>();

  constructor(
    private readonly page: Page,
    events: SfuBus,
    private readonly clock: Clock,
  ) {
    events.on('activeSpeaker', ({ roomId, peerId }) => {
      this.#countTime(roomId);
      if (peerId === null) {
        this.#since.delete(roomId);
        page.add(rooms.silences);
      } else {
        this.#since.set(roomId, clock.now());
        page.add(rooms.speakerChanges);
      }
    });
    events.on('speakingPeers', ({ roomId, volumes }) => {
      if (volumes.length === 0) this.#speaking.delete(roomId);
      else this.#speaking.set(roomId, volumes.length);
      for (const { volume } of volumes) page.observe(rooms.audioLevel, volume);
    });
    events.on('roomClosed', ({ roomId }) => {
      this.#countTime(roomId);
      this.#since.delete(roomId);
      this.#speaking.delete(roomId);
    });
  }

  /** Brings the page up to date: speakers go on speaking between events. */
  collect(): void {
    for (const roomId of this.#since.keys()) this.#countTime(roomId);
    const speaking = [...this.#speaking.values()].reduce((sum, count) => sum + count, 0);
    this.page.set(rooms.speakingPeers, speaking);
    this.page.set(rooms.roomsWithSpeaker, this.#since.size);
  }

  #countTime(roomId: string): void {
    const since = this.#since.get(roomId);
    if (since === undefined) return;
    const now = this.clock.now();
    this.page.add(rooms.speakerSeconds, (now - since) / 1000);
    this.#since.set(roomId, Math.max(now, since));
  }
}
