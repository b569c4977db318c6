import type { TureenClient } from '../index.ts';
import { announce, notify } from './notices.ts';

const label = 'hand';
/** Delay until a new peer has its side of the data channel, in milliseconds. */
const tellNewcomersAfter = [1000, 4000];

/** Raised hands: sent over a separate data channel, and again when a peer joins. */
export class Hands {
  #raised = false;
  readonly #up = new Set<string>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    private readonly client: TureenClient,
    private readonly onHand: (peerId: string, raised: boolean) => void,
  ) {
    client.on('data', ({ peer, label: from, data }) => {
      if (from !== label || (data !== 'up' && data !== 'down')) return;
      this.#heard(peer.id, peer.displayName || 'A guest', data === 'up');
    });
    client.on('peerLeft', ({ peer }) => this.#up.delete(peer.id));
    client.on('peerJoined', () => this.#tellLater());
    // Messages over the old connection may not have reached peers that reconnected, so send it again.
    client.on('state', ({ state }) => state === 'joined' && this.#tellLater());
  }

  get raised(): boolean {
    return this.#raised;
  }

  toggle(): void {
    this.#raised = !this.#raised;
    this.onHand(this.client.peerId, this.#raised);
    announce(this.#raised ? 'Your hand is raised' : 'Your hand is down');
    this.#tell();
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #heard(peerId: string, name: string, raised: boolean): void {
    const was = this.#up.has(peerId);
    if (raised) this.#up.add(peerId);
    else this.#up.delete(peerId);
    this.onHand(peerId, raised);
    if (raised && !was) notify(`${name} raised a hand.`);
  }

  #tell(): void {
    const telling = this.client
      .openChannel(label)
      .then((channel) => channel.send(this.#raised ? 'up' : 'down'));
    telling.catch(() => {
      // Without a data channel, e.g. because the token does not grant it, only the user sees the hand.
    });
  }

  #tellLater(): void {
    if (!this.#raised) return;
    for (const delay of tellNewcomersAfter) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (this.#raised) this.#tell();
      }, delay);
      this.#timers.add(timer);
    }
  }
}
