import type { Channel } from './channels.ts';
import { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import type { Notification } from './protocol.ts';
import type { Publication } from './publication.ts';

/** Producers that end with their transport are produced again over the next one. */
const transportEnds = new Set(['transport_closed', 'peer_left']);

/** Our publications and channels. They are sent again over each new connection. */
export class Sending {
  readonly publications = new Set<Publication>();
  readonly channels = new Map<string, Channel>();
  #media: Media | undefined;

  /** Sends it now, or as soon as there is a connection. @throws ClientError when it is refused */
  async add(publication: Publication): Promise<void> {
    this.publications.add(publication);
    publication.on('ended', () => this.publications.delete(publication));
    if (this.#media) await this.#attach(publication, this.#media);
  }

  /** @throws ClientError when it is refused */
  async addChannel(channel: Channel): Promise<void> {
    this.channels.set(channel.label, channel);
    if (this.#media) await this.#attachChannel(channel, this.#media);
  }

  /** There is a new connection: sends everything over it. */
  attach(media: Media): void {
    this.#media = media;
    // A refused publication has ended and reported why; after a transient failure it is sent again with the next media.
    for (const publication of this.publications) this.#attach(publication, media).catch(() => {});
    for (const channel of this.channels.values()) this.#attachChannel(channel, media).catch(() => {});
  }

  /** The connection is gone. */
  detach(): void {
    this.#media = undefined;
    for (const publication of this.publications) publication.detach();
    for (const channel of this.channels.values()) channel.detach();
  }

  /** The call ended: there will be no other connection. */
  end(error: ClientError): void {
    this.detach();
    for (const publication of [...this.publications]) publication.end(error.code);
    for (const channel of this.channels.values()) channel.end(error);
  }

  /** Handles notifications about our producers. */
  notified({ method, data }: Notification): void {
    if (method !== 'producerPaused' && method !== 'producerResumed' && method !== 'producerClosed') return;
    const publication = [...this.publications].find(({ producerId }) => producerId === data.producerId);
    if (method !== 'producerClosed') publication?.hold(method === 'producerPaused');
    else if (!transportEnds.has(data.reason)) publication?.end(data.reason);
  }

  async #attach(publication: Publication, media: Media): Promise<void> {
    try {
      await publication.attach(media);
    } catch (error) {
      if (media !== this.#media || publication.ended) return;
      const known = asRefusal(error);
      publication.end(known.code);
      throw known;
    }
  }

  async #attachChannel(channel: Channel, media: Media): Promise<void> {
    try {
      await channel.attach(media);
    } catch (error) {
      if (media !== this.#media) return;
      const known = asRefusal(error);
      this.channels.delete(channel.label);
      channel.end(known);
      throw known;
    }
  }
}

function asRefusal(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new ClientError('unsupported', `the browser cannot send this: ${sentence}`, { cause: error });
}
