import { addressBytes, ipVersion } from '../../core/networks.ts';

/** One side of a UDP flow; the address is an IP address. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const udpProtocol = 17;
const hopLimit = 64;
const udpBytes = 8;

/** A UDP packet with its IP header (RFC 768, 791, 8200). Both addresses are of one family. */
export function udpFrame(from: Endpoint, to: Endpoint, payload: Uint8Array): Buffer {
  const length = udpBytes + payload.length;
  const udp = Buffer.alloc(udpBytes);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(length, 4);
  const source = addressBytes(from.address);
  const destination = addressBytes(to.address);
  if (ipVersion(from.address) === 4)
    return Buffer.concat([ipv4Header(source, destination, length), udp, payload]);
  // Over IPv6 the checksum is not optional.
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(length, 0);
  pseudo.writeUInt8(udpProtocol, 7);
  const sum = checksum(Buffer.concat([source, destination, pseudo, udp, payload]));
  udp.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return Buffer.concat([ipv6Header(source, destination, length), udp, payload]);
}

function ipv4Header(source: Buffer, destination: Buffer, length: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + length, 2);
  // Not to be fragmented.
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(hopLimit, 8);
  header.writeUInt8(udpProtocol, 9);
  source.copy(header, 12);
  destination.copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function ipv6Header(source: Buffer, destination: Buffer, length: number): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(length, 4);
  header.writeUInt8(udpProtocol, 6);
  header.writeUInt8(hopLimit, 7);
  source.copy(header, 8);
  destination.copy(header, 24);
  return header;
}

/** The internet checksum (RFC 1071). */
function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += (data[at] ?? 0) * 256 + (data[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** How long the header of an RTP packet is, with what it names as sources and its extensions (RFC 3550, section 5.1). */
export function rtpHeaderBytes(packet: Uint8Array): number {
  const [first = 0] = packet;
  const fixed = 12 + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return Math.min(fixed, packet.length);
  const words = (packet[fixed + 2] ?? 0) * 256 + (packet[fixed + 3] ?? 0);
  return Math.min(fixed + 4 + 4 * words, packet.length);
}
