import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { crc32 } from 'node:zlib';

/** Where to ask, as an ICE candidate says it. */
export interface StunTarget {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

/** The short-term credentials of an ICE session (RFC 8445, section 7.2.2). */
export interface StunCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

const magicCookie = 0x2112a442;
const fingerprintMask = 0x5354554e;
const bindingRequest = 0x0001;
const bindingResponse = 0x0101;
const attributes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  priority: 0x0024,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
} as const;
const headerBytes = 20;
const integrityBytes = 24;
const fingerprintBytes = 8;

/** UDP may lose a packet: it is asked this often, this far apart. */
const attempts = 3;
const attemptMs = 400;
const timeoutMs = attempts * attemptMs + 300;

/** Sends a check of ICE to a candidate, as a client does first of all. @returns whether it was answered */
export async function answersStun(target: StunTarget, credentials: StunCredentials): Promise<boolean> {
  const transaction = randomBytes(12);
  const request = bindingRequestOf(transaction, credentials);
  const isAnswer = (message: Buffer) =>
    message.length >= headerBytes &&
    message.readUInt16BE(0) === bindingResponse &&
    message.subarray(8, headerBytes).equals(transaction);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const ask = target.protocol === 'udp' ? askByUdp : askByTcp;
  const end = ask(target, request, (message) => {
    if (isAnswer(message)) resolve(true);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    end();
  }
}

type Ask = (target: StunTarget, request: Buffer, received: (message: Buffer) => void) => () => void;

const askByUdp: Ask = ({ address, port }, request, received) => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  // An address that cannot be reached is one that does not answer.
  socket.on('error', () => {});
  socket.on('message', received);
  const send = () => socket.send(request, port, address, () => {});
  send();
  const timer = setInterval(send, attemptMs);
  return () => {
    clearInterval(timer);
    socket.close();
  };
};

/** Over TCP each message has its length before it (RFC 4571). */
const askByTcp: Ask = ({ address, port }, request, received) => {
  const socket = connect({ host: address, port });
  let kept = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('connect', () => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(request.length);
    socket.write(Buffer.concat([length, request]));
  });
  socket.on('data', (data: Buffer) => {
    kept = Buffer.concat([kept, data]).subarray(-65_537);
    const length = kept.length < 2 ? Number.POSITIVE_INFINITY : kept.readUInt16BE(0);
    if (kept.length >= 2 + length) received(kept.subarray(2, 2 + length));
  });
  return () => socket.destroy();
};

/** A Binding request with what ICE wants in it (RFC 8489, section 5; RFC 8445, section 7.1). */
export function bindingRequestOf(transaction: Buffer, credentials: StunCredentials): Buffer {
  const { usernameFragment, password } = credentials;
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(1);
  const body = Buffer.concat([
    attribute(attributes.username, Buffer.from(`${usernameFragment}:doctor`)),
    attribute(attributes.priority, priority),
    attribute(attributes.iceControlling, randomBytes(8)),
  ]);
  const signed = withHeader(transaction, body, integrityBytes);
  const integrity = attribute(
    attributes.messageIntegrity,
    createHmac('sha1', password).update(signed).digest(),
  );
  const whole = Buffer.concat([body, integrity]);
  const summed = withHeader(transaction, whole, fingerprintBytes);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(summed) ^ fingerprintMask) >>> 0);
  return Buffer.concat([summed, attribute(attributes.fingerprint, sum)]);
}

/** The header counts the attribute that is still to come, which is made of what is before it. */
function withHeader(transaction: Buffer, body: Buffer, coming: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(bindingRequest, 0);
  header.writeUInt16BE(body.length + coming, 2);
  header.writeUInt32BE(magicCookie, 4);
  transaction.copy(header, 8);
  return Buffer.concat([header, body]);
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}
