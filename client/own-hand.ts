import type { NotificationData } from './protocol.ts';

/** Our own hand, which a new connection finds down: a raised one is raised again. */
export class OwnHand {
  #raised = false;

  constructor(private readonly request: (method: 'raiseHand' | 'lowerHand') => Promise<unknown>) {}

  get raised(): boolean {
    return this.#raised;
  }

  async raise(): Promise<void> {
    await this.request('raiseHand');
    this.#raised = true;
  }

  async lower(): Promise<void> {
    this.#raised = false;
    await this.request('lowerHand');
  }

  /** We joined, for the first time or again. */
  joined(): void {
    if (!this.#raised) return;
    this.raise().catch(() => {
      // The connection was lost again; the next one tries again.
    });
  }

  /** Perhaps a moderator lowered it. */
  told({ raisedAt }: NotificationData<'peerHand'>): void {
    this.#raised = raisedAt !== null;
  }
}
