/** The kind of frame: IPv4 or IPv6 without anything before it. https://www.tcpdump.org/linktypes.html */
const linkTypeRaw = 101;
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
const snapLength = 262_144;

/**
 * A capture in the classic pcap format, which every analyser opens (draft-ietf-opsawg-pcap). Nothing is written that
 * would make it larger than it may be.
 */
export class PcapFile {
  readonly #parts: Uint8Array[] = [fileHeader()];
  bytes = fileHeaderBytes;

  /** @param maxBytes of the whole file */
  constructor(private readonly maxBytes: number) {}

  /**
   * Adds a packet.
   * @param time milliseconds since the epoch, with fractions
   * @param frame the packet, from its IP header on
   * @param kept how many bytes of it to keep, from its beginning
   * @returns false when there is no room for it
   */
  add(time: number, frame: Uint8Array, kept: number = frame.length): boolean {
    const size = recordHeaderBytes + kept;
    if (this.bytes + size > this.maxBytes) return false;
    const record = Buffer.alloc(size);
    const microseconds = Math.round(time * 1000);
    record.writeUInt32LE(Math.floor(microseconds / 1_000_000), 0);
    record.writeUInt32LE(microseconds % 1_000_000, 4);
    record.writeUInt32LE(kept, 8);
    record.writeUInt32LE(frame.length, 12);
    record.set(frame.subarray(0, kept), recordHeaderBytes);
    this.#parts.push(record);
    this.bytes += size;
    return true;
  }

  /** The file as it is now. */
  content(): Uint8Array<ArrayBuffer> {
    return Buffer.concat(this.#parts);
  }
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(fileHeaderBytes);
  // Times are microseconds.
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snapLength, 16);
  header.writeUInt32LE(linkTypeRaw, 20);
  return header;
}
