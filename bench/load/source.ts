import { RtpHeader, RtpPacket } from 'werift';

/** Payload bytes of a video packet: with its headers it fits a path of 1,200 bytes. */
const videoPacketBytes = 1100;
const framesPerSecond = 30;
const audioPacketsPerSecond = 50;

export interface SourceOptions {
  kind: 'audio' | 'video';
  /** Bits a second of payload. */
  bitrate: number;
  payloadType: number;
  /** Takes each packet. */
  write: (packet: RtpPacket) => void;
}

/**
 * A stream of RTP packets in the rhythm of a real one: Opus packets of 20 ms, or VP8 frames at 30 a second that are
 * cut into packets. Their content is empty, since it is not decoded.
 */
export class MediaSource {
  readonly #interval: number;
  readonly #timestampStep: number;
  readonly #rate: number;
  #frameBytes = 0;
  #sequenceNumber = 0;
  #frames = 0;
  #keyFrameWanted = true;
  #startedAt: number | undefined;
  sent = 0;

  constructor(private readonly options: SourceOptions) {
    const audio = options.kind === 'audio';
    this.#rate = audio ? audioPacketsPerSecond : framesPerSecond;
    this.#interval = 1000 / this.#rate;
    this.#timestampStep = (audio ? 48_000 : 90_000) / this.#rate;
    this.setBitrate(options.bitrate);
  }

  /** Frames have another size from now on. `bitrate` is in bits a second of payload. */
  setBitrate(bitrate: number): void {
    this.#frameBytes = Math.max(16, Math.round(bitrate / 8 / this.#rate));
  }

  /** The next video frame can be decoded without those before it, as somebody who just came needs it. */
  wantKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /** Writes every frame that is due by now (milliseconds of a clock that only goes forward). */
  advance(now: number): void {
    this.#startedAt ??= now;
    const due = Math.floor((now - this.#startedAt) / this.#interval) + 1;
    // After a long pause of the process, skip old frames instead of sending them in a burst.
    const oldest = due - Math.ceil(200 / this.#interval);
    if (this.#frames < oldest) this.#frames = oldest;
    for (; this.#frames < due; this.#frames += 1) this.#writeFrame();
  }

  #writeFrame(): void {
    if (this.options.kind === 'audio') return this.#write(Buffer.alloc(this.#frameBytes), true);
    const key = this.#keyFrameWanted;
    this.#keyFrameWanted = false;
    for (let at = 0; at < this.#frameBytes; at += videoPacketBytes) {
      const size = Math.min(videoPacketBytes, this.#frameBytes - at);
      this.#write(vp8Payload(size, { first: at === 0, key }), at + size >= this.#frameBytes);
    }
  }

  #write(payload: Buffer, marker: boolean): void {
    const header = new RtpHeader({
      payloadType: this.options.payloadType,
      sequenceNumber: this.#sequenceNumber,
      timestamp: (this.#frames * this.#timestampStep) >>> 0,
      marker,
      ssrc: 1,
    });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.sent += 1;
    this.options.write(new RtpPacket(header, payload));
  }
}

/** A payload that begins as VP8's do (RFC 7741, sections 4.2 and 4.3); a server looks no further. */
export function vp8Payload(size: number, { first, key }: { first: boolean; key: boolean }): Buffer {
  const payload = Buffer.alloc(size);
  payload[0] = first ? 0x10 : 0x00;
  payload[1] = first && !key ? 0x01 : 0x00;
  if (first && key) payload.set([0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00], 4);
  return payload;
}
