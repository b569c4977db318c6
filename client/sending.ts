import { Channel, type ChannelOptions } from './channels.ts';
import { ClientError, type ClientErrorCode, isMomentary, messageOf } from './errors.ts';
import type { Media } from './media.ts';
import type { Notification, NotificationData } from './protocol.ts';
import type { Publication } from './publication.ts';
import { retry } from './retry.ts';

/** Producers that end with their transport are produced again over the next one. */
const transportEnds = new Set(['transport_closed', 'peer_left']);

/** How long to try again what the server refused for a moment, if its media stays. */
const publishRetry = { backoff: { first: 100, max: 2000 }, timeoutMs: 15_000 };

/** Our publications and channels. They are sent again over each new connection. */
export class Sending {
  readonly publications = new Set<Publication>();
  readonly channels = new Map<string, Channel>();
  #media: Media | undefined;
  /** While we move: over which all is sent, too, and afterwards only. */
  #next: Media | undefined;
  /** What is added now waits until we have moved, or have not. */
  #stopped = false;
  #ended: ClientError | undefined;
  /** Counts attaching and detaching: the same media may have another transport now. */
  #attachments = 0;

  /** Sends it now, or as soon as there is a connection. @throws ClientError when it is refused, or the call is over */
  async add(publication: Publication): Promise<void> {
    if (this.#ended) {
      publication.end(this.#ended.code);
      throw this.#ended;
    }
    this.publications.add(publication);
    publication.on('ended', () => this.publications.delete(publication));
    if (this.#media && !this.#stopped) await this.#attach(publication, this.#media);
    // What fails there is sent again when we have moved.
    if (this.#next) publication.prepare(this.#next).catch(() => {});
    // The call ended meanwhile, and the publication with it.
    if (this.#ended && publication.ended) throw this.#ended;
  }

  /** The channel of that label, which is opened when there is none. `opening` rejects when it is refused. */
  channel(label: string, options: ChannelOptions = {}): { channel: Channel; opening: Promise<void> } {
    const known = this.channels.get(label);
    if (known) return { channel: known, opening: Promise.resolve() };
    const channel = new Channel(label, options);
    return { channel, opening: this.addChannel(channel) };
  }

  /** @throws ClientError when it is refused */
  async addChannel(channel: Channel): Promise<void> {
    if (this.#ended) {
      channel.end(this.#ended);
      throw this.#ended;
    }
    this.channels.set(channel.label, channel);
    if (this.#media && !this.#stopped) await this.#attachChannel(channel, this.#media);
    if (this.#next) channel.prepare(this.#next).catch(() => {});
  }

  /** There is a new connection: sends everything over it. */
  attach(media: Media): void {
    this.#attachments += 1;
    this.#media = media;
    // A refused publication has ended and reported why; after a transient failure it is sent again with the next media.
    for (const publication of this.publications) this.#attach(publication, media).catch(() => {});
    for (const channel of this.channels.values()) this.#attachChannel(channel, media).catch(() => {});
  }

  /** The connection is gone. */
  detach(): void {
    this.#attachments += 1;
    this.#media = undefined;
    this.#next = undefined;
    this.#stopped = false;
    for (const publication of this.publications) publication.detach();
    for (const channel of this.channels.values()) channel.detach();
  }

  /**
   * We move: sends everything over another connection, too, the sound first.
   * @throws ClientError when something is refused there
   */
  async prepare(media: Media): Promise<void> {
    this.#next = media;
    const publications = [...this.publications];
    const isSound = ({ track }: Publication) => track.kind === 'audio';
    await Promise.all(publications.filter(isSound).map((publication) => publication.prepare(media)));
    const pictures = publications.filter((publication) => !isSound(publication));
    await Promise.all([
      ...pictures.map((publication) => publication.prepare(media)),
      ...[...this.channels.values()].map((channel) => channel.prepare(media)),
    ]);
  }

  /** The move is about to be committed: what is new waits for it, and no message is on its way when it comes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.channels.values()].map((channel) => channel.stop()));
  }

  /** We have moved. Over the former connection all is still sent, until it is closed. */
  goOver(): void {
    const media = this.#next;
    if (!media) return;
    this.#attachments += 1;
    this.#media = media;
    this.#goOn(media, { moved: true });
  }

  /** The other of two connections is gone, or is about to be closed. */
  detachBeside(): void {
    for (const publication of this.publications) publication.detachBeside();
  }

  /** Whether that producer carries a publication of ours. */
  sends(producerId: string): boolean {
    return [...this.publications].some((publication) => publication.isSentAs(producerId));
  }

  /** We have not moved: all goes on as before. */
  stay(): void {
    const media = this.#media;
    if (this.#next && media) this.#goOn(media, { moved: false });
  }

  /** The call ended: there will be no other connection. */
  end(error: ClientError): void {
    this.#ended = new ClientError('not_joined', `the call is over: ${error.message}`);
    this.detach();
    for (const publication of [...this.publications]) publication.end(error.code);
    for (const channel of this.channels.values()) channel.end(error);
    this.channels.clear();
  }

  /** Handles notifications about our producers. */
  notified({ method, data }: Notification): void {
    if (method === 'dataProducerClosed') return this.#channelClosed(data);
    if (method !== 'producerPaused' && method !== 'producerResumed' && method !== 'producerClosed') return;
    if (method !== 'producerClosed') {
      for (const publication of this.publications)
        publication.told(data.producerId, method === 'producerPaused');
    } else if (!transportEnds.has(data.reason)) {
      [...this.publications].find(({ producerId }) => producerId === data.producerId)?.end(data.reason);
    }
  }

  #goOn(media: Media, how: { readonly moved: boolean }): void {
    this.#next = undefined;
    this.#stopped = false;
    for (const publication of this.publications)
      if (!publication.goOn(how)) this.#attach(publication, media).catch(() => {});
    for (const channel of this.channels.values())
      if (!channel.goOn(how)) this.#attachChannel(channel, media).catch(() => {});
  }

  #channelClosed({ dataProducerId, reason }: NotificationData<'dataProducerClosed'>): void {
    const channel = [...this.channels.values()].find((open) => open.dataProducerId === dataProducerId);
    if (!channel || transportEnds.has(reason)) return;
    this.channels.delete(channel.label);
    channel.end(
      new ClientError(reason as ClientErrorCode, `the server closed the channel "${channel.label}"`),
    );
  }

  async #attach(publication: Publication, media: Media): Promise<void> {
    const error = await this.#tryWhileCurrent(() => publication.attach(media));
    if (!error || publication.ended) return;
    publication.end(error.code);
    throw error;
  }

  async #attachChannel(channel: Channel, media: Media): Promise<void> {
    const error = await this.#tryWhileCurrent(() => channel.attach(media));
    if (!error || this.channels.get(channel.label) !== channel) return;
    this.channels.delete(channel.label);
    channel.end(error);
    throw error;
  }

  /**
   * Tries again after an error that passes. Errors of media that is gone meanwhile are of no interest: everything is
   * sent over the next one.
   * @returns the refusal, if it is one
   */
  async #tryWhileCurrent(attach: () => Promise<void>): Promise<ClientError | undefined> {
    const attachments = this.#attachments;
    const isCurrent = () => attachments === this.#attachments;
    try {
      await retry(async () => void (isCurrent() && (await attach())), {
        ...publishRetry,
        isRetryable: (error) => isCurrent() && isMomentary(error),
        skipDelay: () => false,
      });
    } catch (error) {
      if (isCurrent()) return asRefusal(error);
    }
    return undefined;
  }
}

function asRefusal(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return new ClientError('unsupported', `the browser cannot send this: ${messageOf(error)}`, {
    cause: error,
  });
}
