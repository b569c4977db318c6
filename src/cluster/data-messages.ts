import type { Clock } from '../core/clock.ts';
import type { RoomTellings } from '../sfu/media/node-link.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import { type Bus, type BusMessage, maxMessageBytes } from './bus.ts';
import type { MeshDomain } from './domain.ts';
import type { JumpWatch } from './jump-watch.ts';
import { type DataHeader, dataHeaderCheck } from './messages.ts';
import { dataInRoom, readSubject } from './subjects.ts';
import type { Wire } from './wire.ts';

export interface DataMessagesOptions {
  readonly bus: Bus;
  readonly wire: Wire;
  readonly jumps: Pick<JumpWatch, 'look'>;
  readonly domain: Pick<MeshDomain, 'onRoom' | 'told'>;
  readonly clock: Clock;
  /** Of the last change of this node in a room. */
  readonly numberOf: (roomId: string) => number;
  /** Of the last change of another life that was taken over. */
  readonly numberTaken: (life: string, roomId: string) => number;
}

interface Held {
  readonly from: NodeRef;
  readonly roomId: string;
  readonly header: DataHeader;
  readonly payload: Uint8Array;
  readonly heldAt: number;
}

/** Messages that came before the change which they follow wait for it: so many, and so long. */
const maxHeldBytes = 1024 * 1024;
const maxHeldMs = 2000;
const prefixBytes = 2;

/**
 * Messages of data channels between nodes, over a connection of their own. So one may overtake the change that announces
 * its data producer: each names that change, and waits for it here.
 */
export class DataMessages {
  readonly #rooms = new Map<string, () => void>();
  #held: Held[] = [];
  #cancelExpiry: (() => void) | undefined;
  #stopRooms: () => void = () => {};

  constructor(private readonly options: DataMessagesOptions) {}

  start(): void {
    const { domain } = this.options;
    this.#stopRooms = domain.onRoom((roomId, open) => (open ? this.#open(roomId) : this.#close(roomId)));
  }

  /** @returns when it has left this process; it never rejects */
  async send(
    roomId: string,
    data: RoomTellings['data'],
    payload: Uint8Array = new Uint8Array(),
  ): Promise<void> {
    const { bus, wire, numberOf } = this.options;
    const subject = wire.subjects.data(roomId);
    const header = Buffer.from(JSON.stringify({ ...data, after: numberOf(roomId) } satisfies DataHeader));
    const frame = Buffer.allocUnsafe(prefixBytes + header.length + payload.length);
    frame.writeUInt16BE(header.length);
    frame.set(header, prefixBytes);
    frame.set(payload, prefixBytes + header.length);
    if (frame.length > maxMessageBytes)
      wire.drops.add('too_large', { subject, detail: `${frame.length} bytes` });
    else if (bus.publish(subject, frame)) await bus.flush();
  }

  /** A share has moved on: what waited for that is told, each in its turn. */
  release(): void {
    const { numberTaken } = this.options;
    const blocked = new Set<string>();
    const held = this.#held;
    this.#held = [];
    for (const message of held) {
      const { from, roomId, header } = message;
      const source = `${from.life} ${roomId}`;
      if (header.after > numberTaken(from.life, roomId)) blocked.add(source);
      if (blocked.has(source)) this.#held.push(message);
      else this.#tell(message);
    }
  }

  close(): void {
    this.#stopRooms();
    this.#cancelExpiry?.();
    for (const roomId of [...this.#rooms.keys()]) this.#close(roomId);
  }

  #open(roomId: string): void {
    if (this.#rooms.has(roomId)) return;
    const { bus } = this.options;
    this.#rooms.set(
      roomId,
      bus.subscribe(dataInRoom(roomId), (message) => this.#received(roomId, message)),
    );
  }

  #close(roomId: string): void {
    this.#rooms.get(roomId)?.();
    this.#rooms.delete(roomId);
    this.#held = this.#held.filter((held) => held.roomId !== roomId);
  }

  #received(roomId: string, message: BusMessage): void {
    const { wire, jumps, clock } = this.options;
    if (jumps.look()) return;
    const from = readSubject(message.subject)?.from;
    if (!from || !wire.isKnown(from, message)) return;
    const read = this.#read(message);
    if (!read) return;
    this.#hold({ from, roomId, ...read, heldAt: clock.elapsed() }, message.subject);
    this.release();
  }

  #read({ subject, data }: BusMessage): Pick<Held, 'header' | 'payload'> | undefined {
    const { wire } = this.options;
    const length = data.length < prefixBytes ? 0 : Buffer.from(data.buffer, data.byteOffset).readUInt16BE();
    const header = wire.parse(data.subarray(prefixBytes, prefixBytes + length), dataHeaderCheck, subject);
    if (header === undefined) return undefined;
    return { header: header as DataHeader, payload: data.subarray(prefixBytes + length) };
  }

  #hold(held: Held, subject: string): void {
    const { wire } = this.options;
    const bytes = this.#held.reduce((sum, { payload }) => sum + payload.length, held.payload.length);
    if (bytes > maxHeldBytes && this.#held.length > 0)
      return wire.drops.add('overloaded', { subject, detail: 'data before its data producer' });
    this.#held.push(held);
    this.#cancelExpiry ??= this.options.clock.after(maxHeldMs, () => this.#expire());
  }

  /** Nobody waits for a change that does not come. */
  #expire(): void {
    const oldest = this.options.clock.elapsed() - maxHeldMs;
    this.#held = this.#held.filter(({ heldAt }) => heldAt > oldest);
    this.#cancelExpiry = undefined;
    this.release();
    if (this.#held.length > 0) this.#cancelExpiry = this.options.clock.after(maxHeldMs, () => this.#expire());
  }

  #tell({ from, roomId, header, payload }: Held): void {
    const { dataProducerId, ppid } = header;
    this.options.domain.told(from, roomId, { name: 'data', data: { dataProducerId, ppid } }, payload);
  }
}
