import type { PeerRef, SfuBus, SfuEvents } from '../../src/sfu/events.ts';
import type { SignalingBus } from '../../src/signaling/events.ts';
import { rooms, transports } from '../definitions/index.ts';
import type { JoinStep } from '../definitions/rooms.ts';
import type { Page } from '../page.ts';

/** How far one connection came. */
interface Progress {
  readonly done: Set<JoinStep>;
}

/** How far connections come into a call. Each step counts once a connection, however often its media is set up again. */
export class Joins {
  readonly #peers = new Map<string, Progress>();
  readonly #transports = new Map<string, Progress>();

  constructor(
    private readonly page: Page,
    events: SfuBus,
    signaling: SignalingBus,
  ) {
    signaling.on('socketOpened', () => page.add(rooms.joinSteps, 1, { step: 'connected' }));
    signaling.on('connectionRefused', ({ code }) => {
      page.add(rooms.refusals, 1, { code });
      page.add(rooms.joins, 1, { result: 'refused' });
    });
    events.on('peerConnected', (peer) => {
      this.#peers.set(keyOf(peer), { done: new Set() });
      this.#step(this.#peers.get(keyOf(peer)), 'authorised');
    });
    events.on('peerJoined', (joined) => this.#joined(joined));
    events.on('peerRejoin', ({ reason }) => page.add(rooms.rejoins, 1, { reason }));
    events.on('transportOpened', (transport) => {
      const progress = this.#peers.get(keyOf(transport));
      if (progress) this.#transports.set(transport.transportId, progress);
    });
    events.on('transportConnected', ({ duration, ...peer }) => {
      page.observe(transports.transportConnect, duration / 1000);
      this.#step(this.#peers.get(keyOf(peer)), 'transport_connected');
    });
    // The first score of a producer comes with its first packet, long before the sampler looks.
    events.on('producerScore', ({ score, ...peer }) => {
      if (score.length > 0) this.#step(this.#peers.get(keyOf(peer)), 'first_media');
    });
    events.on('peerLeft', (left) => this.#left(left));
  }

  /** The sampler saw RTP on a transport. */
  mediaOn(transportId: string): void {
    this.#step(this.#transports.get(transportId), 'first_media');
  }

  /** A transport has ended and nothing will be heard of it any more. */
  forgetTransport(transportId: string): void {
    this.#transports.delete(transportId);
  }

  #joined({ duration, ...peer }: SfuEvents['peerJoined']): void {
    const progress = this.#peers.get(keyOf(peer));
    // After a move or the death of a worker a peer joins again; that is no new person.
    if (!progress || progress.done.has('joined')) return;
    this.#step(progress, 'joined');
    this.page.add(rooms.joins, 1, { result: 'ok' });
    this.page.observe(rooms.joinDuration, duration / 1000);
  }

  #left({ reason, duration, by, ...peer }: SfuEvents['peerLeft']): void {
    const joined = this.#peers.get(keyOf(peer))?.done.has('joined');
    this.#peers.delete(keyOf(peer));
    this.page.add(rooms.leaves, 1, { reason });
    if (reason === 'removed') this.page.add(rooms.kicks, 1, { by: by.kind });
    if (joined) this.page.observe(rooms.sessionDuration, duration / 1000);
    else this.page.add(rooms.joins, 1, { result: reason });
  }

  #step(progress: Progress | undefined, step: JoinStep): void {
    if (!progress || progress.done.has(step)) return;
    progress.done.add(step);
    this.page.add(rooms.joinSteps, 1, { step });
  }
}

/** Ids hold no control characters, so no two pairs of them give the same key. */
function keyOf({ roomId, peerId }: PeerRef): string {
  return `${roomId}\n${peerId}`;
}
