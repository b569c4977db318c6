import type { Level } from './client-events.ts';

/** Who is heard now, by what the server measures. Tells each change once. */
export class Speaking {
  #heard: ReadonlySet<string> = new Set();

  constructor(private readonly changed: (peerId: string, speaking: boolean) => void) {}

  has(peerId: string): boolean {
    return this.#heard.has(peerId);
  }

  /** These are heard now, and nobody else. */
  heard(levels: readonly Pick<Level, 'peerId'>[]): void {
    const before = this.#heard;
    // All are known before the first is told: a listener may ask for any of them.
    this.#heard = new Set(levels.map(({ peerId }) => peerId));
    for (const peerId of before) if (!this.has(peerId)) this.changed(peerId, false);
    for (const peerId of this.#heard) if (!before.has(peerId)) this.changed(peerId, true);
  }
}
