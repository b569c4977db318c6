import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { SfuBus } from '../events.ts';
import type { Peer } from '../rooms/peer.ts';
import { rtpHeaderBytes, udpFrame } from './frames.ts';
import { PcapFile } from './pcap.ts';
import { announcementFrame } from './session-description.ts';
import { Tap, type TappedTrack } from './tap.ts';

/** What is kept of each packet: the header of RTP, which says nothing of what is heard and seen, or all of it. */
export const captureContents = ['headers', 'packets'] as const;
export type CaptureContent = (typeof captureContents)[number];

/** Why a capture ended. */
export const captureEnds = ['time', 'size', 'peer_left', 'stopped'] as const;
export type CaptureEnd = (typeof captureEnds)[number];

export interface CaptureRequest {
  readonly roomId: string;
  readonly peerId: string;
  readonly content: CaptureContent;
  readonly seconds: number;
}

/** A capture as plain data. Times are milliseconds since the epoch. */
export interface CaptureState extends CaptureRequest {
  readonly id: string;
  readonly startedAt: number;
  /** Why it ended; null while it runs. */
  readonly end: CaptureEnd | null;
  readonly packets: number;
  /** Of the file. */
  readonly bytes: number;
}

export const mostCaptureSeconds = 60;
const mostBytes = 16 * 1024 * 1024;
const mostPackets = 200_000;
/** How long the file can be fetched. */
const keptMs = 10 * 60_000;

export interface CapturesOptions {
  /** @throws SfuError not_found */
  readonly peer: (roomId: string, peerId: string) => Peer;
  readonly events: SfuBus;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Captures of what a peer sends, as files for an analyser such as Wireshark. There is one at a time on a node: each packet
 * goes through this process, which has calls to look after. The last file is kept for ten minutes.
 */
export class Captures {
  #last: Capture | undefined;

  constructor(private readonly options: CapturesOptions) {}

  /**
   * Begins a capture, which ends by itself. @throws SfuError not_found, gone; limit_reached while another one runs
   */
  async start(request: CaptureRequest): Promise<CaptureState> {
    const peer = this.options.peer(request.roomId, request.peerId);
    if (this.#last?.state.end === null)
      throw new SfuError(
        'limit_reached',
        'a capture runs on this node already; wait for its end, or stop it',
      );
    const capture = new Capture(request, peer, this.options);
    this.#last?.forget();
    this.#last = capture;
    await capture.run(() => {
      if (this.#last === capture) this.#last = undefined;
    });
    return capture.state;
  }

  /** The capture that runs, or ran last; undefined when it was too long ago. */
  get last(): CaptureState | undefined {
    return this.#last?.state;
  }

  /** @throws SfuError not_found */
  get(id: string): CaptureState {
    return this.#find(id).state;
  }

  /** What was captured so far, as a pcap file. @throws SfuError not_found */
  file(id: string): Uint8Array<ArrayBuffer> {
    return this.#find(id).content();
  }

  /** Ends a capture, and throws its file away. @throws SfuError not_found */
  discard(id: string): void {
    const capture = this.#find(id);
    capture.finish('stopped');
    capture.forget();
    this.#last = undefined;
  }

  close(): void {
    this.#last?.finish('stopped');
    this.#last?.forget();
  }

  #find(id: string): Capture {
    if (this.#last?.state.id === id) return this.#last;
    throw new SfuError(
      'not_found',
      `there is no capture "${id}" on this node; a file is kept for ten minutes, or until the next capture`,
    );
  }
}

class Capture {
  readonly #id = crypto.randomUUID();
  readonly #startedAt: number;
  /** The same by the clock that is never set, with fractions. */
  readonly #begun: number;
  readonly #file = new PcapFile(mostBytes);
  readonly #announced = new Set<TappedTrack>();
  readonly #ends = new DisposableStack();
  #cancelForget: () => void = () => {};
  #packets = 0;
  #end: CaptureEnd | null = null;

  constructor(
    private readonly request: CaptureRequest,
    private readonly target: Peer,
    private readonly options: CapturesOptions,
  ) {
    this.#startedAt = options.clock.now();
    this.#begun = options.clock.elapsed();
  }

  get state(): CaptureState {
    const { roomId, peerId, content, seconds } = this.request;
    const counts = { packets: this.#packets, bytes: this.#file.bytes };
    const times = { startedAt: this.#startedAt, end: this.#end };
    return { id: this.#id, roomId, peerId, content, seconds, ...times, ...counts };
  }

  content(): Uint8Array<ArrayBuffer> {
    return this.#file.content();
  }

  /**
   * Captures what the peer sends, and what it begins to send meanwhile.
   * @param tooOld called when the file is not kept any longer
   * @throws SfuError gone when the worker does not answer
   */
  async run(tooOld: () => void): Promise<void> {
    const { clock, events } = this.options;
    const { sessionId } = this.target;
    const { seconds } = this.request;
    this.#ends.defer(clock.after(seconds * 1000, () => this.finish('time')));
    this.#cancelForget = clock.after(seconds * 1000 + keptMs, tooOld);
    this.#ends.defer(
      events.on('peerLeft', (left) => {
        if (left.sessionId === sessionId) this.finish('peer_left');
      }),
    );
    try {
      await this.#open();
    } catch (error) {
      this.finish('stopped');
      throw error;
    }
  }

  /** Does nothing for one that has ended. */
  finish(end: CaptureEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#ends.dispose();
    this.options.log.info('a capture ended', { ...this.state });
  }

  /** To be called when its file is thrown away before its time. */
  forget(): void {
    this.#cancelForget();
  }

  async #open(): Promise<void> {
    const { router: place, sessionId, publications } = this.target;
    if (place === undefined)
      throw new SfuError('wrong_state', 'the peer has no media connection yet; begin again when it sends');
    const tap = await Tap.open(place.router);
    // It may have ended while the worker made it.
    if (this.#end !== null) return tap[Symbol.dispose]();
    this.#ends.use(tap);
    const add = async (id: string) => {
      const publication = this.target.publications.get(id);
      if (publication === undefined) return;
      const carrier = this.target.transports.get(publication.transportId);
      await tap.add(publication, (track, packet) => this.#take(track, packet), carrier);
    };
    this.#ends.defer(
      this.options.events.on('producerOpened', (opened) => {
        // One that closes again at once is none.
        if (opened.sessionId === sessionId) void add(opened.producerId).catch(() => {});
      }),
    );
    await Promise.allSettled([...publications.keys()].map(add));
  }

  #take(track: TappedTrack, packet: Buffer): void {
    if (this.#end !== null) return;
    const { from, to } = track;
    // Finer than the time of day, and steady when that is set.
    const now = this.#startedAt + this.options.clock.elapsed() - this.#begun;
    if (!this.#announced.has(track)) {
      this.#announced.add(track);
      this.#file.add(now, announcementFrame(to, from, track));
    }
    const frame = udpFrame(from, to, packet);
    const cut = this.request.content === 'headers' ? packet.length - rtpHeaderBytes(packet) : 0;
    if (this.#packets < mostPackets && this.#file.add(now, frame, frame.length - cut)) this.#packets += 1;
    else this.finish('size');
  }
}
