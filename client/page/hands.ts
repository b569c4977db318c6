import { messageOf } from '../errors.ts';
import type { TureenClient } from '../index.ts';
import { byId } from './dom.ts';
import { announce, notify } from './notices.ts';
import type { Stage } from './stage.ts';
import { nameOf, sentence } from './texts.ts';

/** Raised hands, on the tiles and on the button. */
export class Hands {
  /** What we asked for last, to tell a moderator's hand from ours. */
  #wanted = false;

  constructor(
    private readonly client: TureenClient,
    private readonly stage: Stage,
  ) {
    client.on('peerJoined', () => this.#show());
    client.on('peerChanged', () => this.#show());
    client.on('state', () => this.#show());
    client.on('hand', ({ peerId, raised }) => this.#changed(peerId, raised));
    this.#show();
  }

  toggle(): void {
    const raised = !this.client.handRaised;
    this.#wanted = raised;
    const asking = raised ? this.client.raiseHand() : this.client.lowerHand();
    asking.catch((error: unknown) => {
      notify(sentence(messageOf(error)));
    });
  }

  #changed(peerId: string, raised: boolean): void {
    this.#show();
    const { client } = this;
    if (peerId === client.peerId) {
      if (!raised && this.#wanted) notify('A moderator lowered your hand.');
      else announce(raised ? 'Your hand is raised' : 'Your hand is down');
      this.#wanted = raised;
    } else if (raised) notify(`${nameOf(client.peers.get(peerId))} raised a hand.`);
  }

  #show(): void {
    const { client, stage } = this;
    for (const peer of client.peers.values()) stage.setHand(peer.id, peer.handRaisedAt);
    // Oneself is always in view, whenever it was raised.
    stage.setHand(client.peerId, client.handRaised ? 0 : null);
    byId('hand').setAttribute('aria-pressed', String(client.handRaised));
  }
}
