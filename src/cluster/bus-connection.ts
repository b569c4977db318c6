import type { Bus } from './bus.ts';

/** One connection to the bus, as those who measure see it. */
export class BusConnection {
  /** How often it came back since the first time. */
  reconnects = 0;
  #wasConnected: boolean;

  constructor(
    readonly name: 'control' | 'data',
    private readonly bus: Bus,
  ) {
    this.#wasConnected = this.connected;
    bus.onStatus((status) => {
      if (status !== 'connected') return;
      if (this.#wasConnected) this.reconnects += 1;
      this.#wasConnected = true;
    });
  }

  get connected(): boolean {
    return this.bus.status === 'connected';
  }
}
