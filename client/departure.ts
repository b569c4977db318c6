import type { Lifeline } from './lifeline.ts';
import type { Notification } from './protocol.ts';

/** Goes on elsewhere when the server asks for it, and before it ends. */
export class Departure {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly lifeline: Pick<Lifeline, 'isInMesh' | 'move' | 'migrate'>) {}

  notified({ method, data }: Notification): void {
    if (method === 'draining' || method === 'drainCancelled') this.stop();
    if (method === 'move') void this.lifeline.move(data);
    // It gives each client its own time, and moves before that those that it can.
    else if (method === 'draining') this.#timer = setTimeout(() => void this.#leave(), data.reconnectAfterMs);
  }

  /** The server was left, or the call has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  async #leave(): Promise<void> {
    // Behind a balancer the same address may lead to another server, which knows nothing of us.
    const moved = this.lifeline.isInMesh && (await this.lifeline.move({ url: null, reason: 'draining' }));
    if (!moved) await this.lifeline.migrate();
  }
}
