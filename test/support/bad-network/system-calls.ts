import { dlopen } from 'bun:ffi';

const { symbols } = dlopen('libc.so.6', {
  open: { args: ['cstring', 'int'], returns: 'int' },
  ioctl: { args: ['int', 'u64', 'ptr'], returns: 'int' },
  read: { args: ['int', 'ptr', 'usize'], returns: 'i64' },
  write: { args: ['int', 'ptr', 'usize'], returns: 'i64' },
  poll: { args: ['ptr', 'u64', 'int'], returns: 'int' },
});

/** Values of Linux: fcntl.h, linux/if_tun.h and poll.h. */
const readWriteNonBlocking = 0o2 | 0o4000;
const setInterface = 0x400454ca;
const tunWithoutHeader = 0x0001 | 0x1000;
const interfaceRequestBytes = 40;
const nameBytes = 16;
const mayRead = 0x001;
const pollEntryBytes = 8;

/** Larger than what an interface passes, whose limit is 1500 bytes. */
const buffer = new Uint8Array(65_536);

/**
 * Makes a network interface whose packets a program reads and writes
 * (https://docs.kernel.org/networking/tuntap.html). It lasts as long as the program.
 * @returns its file descriptor
 */
export function makeTun(name: string): number {
  const descriptor = symbols.open(Buffer.from('/dev/net/tun\0'), readWriteNonBlocking);
  if (descriptor < 0)
    throw new Error('/dev/net/tun cannot be opened: the kernel lacks it, or this is not root');
  const request = Buffer.alloc(interfaceRequestBytes);
  request.write(name, 0, nameBytes - 1, 'latin1');
  request.writeUInt16LE(tunWithoutHeader, nameBytes);
  if (symbols.ioctl(descriptor, setInterface, request) < 0)
    throw new Error(`the kernel made no interface "${name}": it may exist already`);
  return descriptor;
}

/** What can be read at once: of an interface one packet. Nothing there is undefined; the end is no bytes. */
export function readOnce(descriptor: number): Uint8Array | undefined {
  const length = Number(symbols.read(descriptor, buffer, buffer.length));
  return length < 0 ? undefined : buffer.slice(0, length);
}

/** Writes one packet. An interface that is down takes none, as a wire that is not plugged in. */
export function writeOnce(descriptor: number, packet: Uint8Array): void {
  symbols.write(descriptor, packet, packet.length);
}

/**
 * Waits until one of them can be read, or that many milliseconds; for ever without a time.
 * @returns those that can be read, or have ended
 */
export function waitToRead(descriptors: readonly number[], milliseconds: number | undefined): number[] {
  const entries = Buffer.alloc(descriptors.length * pollEntryBytes);
  for (const [index, descriptor] of descriptors.entries()) {
    entries.writeInt32LE(descriptor, index * pollEntryBytes);
    entries.writeInt16LE(mayRead, index * pollEntryBytes + 4);
  }
  symbols.poll(entries, descriptors.length, milliseconds === undefined ? -1 : Math.ceil(milliseconds));
  return descriptors.filter((_, index) => entries.readInt16LE(index * pollEntryBytes + 6) !== 0);
}
