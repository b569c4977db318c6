import { Moderator } from './moderator.ts';
import type { PeerMessage, Reaction, Undelivered } from './protocol.ts';

/** The part of the client with which anybody tells the others something that nobody keeps. */
export abstract class Participant extends Moderator {
  /**
   * Writes to up to 32 peers by their ids, and to nobody else, at most 16 KiB as JSON; they get a `message` event.
   * `PeerMessages` is made of it. @returns the ids of those that did not get it: gone, or overwhelmed
   * @throws ClientError not_joined, also during a reconnect; forbidden when we may not publish data; too_large
   */
  async sendMessage(to: readonly string[], message: PeerMessage): Promise<Undelivered> {
    return await this.request('sendMessage', { to: [...to], message });
  }

  /** Shows everyone a reaction; they get a `reaction` event, and so do we. */
  async react(reaction: Reaction): Promise<void> {
    await this.request('react', { reaction });
  }
}
