import type { types } from 'mediasoup';
import type { MeasuredPipe } from './media/outgoing-pipes.ts';
import { expectedWithin, type PipeReading, readPipe } from './media/pipe-reading.ts';

/** What went over a pipe from and to another node, media and reports. */
export interface PipeTraffic {
  readonly roomId: string;
  readonly life: string;
  readonly direction: 'in' | 'out';
  /** Within how many milliseconds something comes from there; undefined when nothing has to. */
  readonly expectedWithin: number | undefined;
  readonly statistics: types.PipeTransportStat;
}

/** A room, as far as its pipes are read. */
interface Piped {
  readonly id: string;
  readonly mesh:
    | {
        readonly incoming: readonly MeasuredPipe[];
        readonly outgoing: { readonly measured: readonly MeasuredPipe[] };
      }
    | undefined;
}

/** What the pipes of rooms carried. Those that end at this moment are left out. */
export async function readTraffic(rooms: Iterable<Piped>): Promise<PipeTraffic[]> {
  const reading = [...rooms].flatMap(({ id: roomId, mesh }) => [
    ...(mesh?.incoming ?? []).map((pipe) => read(roomId, 'in', pipe)),
    ...(mesh?.outgoing.measured ?? []).map((pipe) => read(roomId, 'out', pipe)),
  ]);
  return (await Promise.all(reading)).flat();
}

/** Reads every pipe and the tracks on it, one after the other, so that no worker has much to answer at once. */
export async function readPipes(rooms: Iterable<Piped>): Promise<PipeReading[]> {
  const readings: PipeReading[] = [];
  for (const { mesh } of rooms) {
    for (const pipe of mesh?.incoming ?? []) readings.push(...(await readPipe(pipe, 'in')));
    for (const pipe of mesh?.outgoing.measured ?? []) readings.push(...(await readPipe(pipe, 'out')));
  }
  return readings;
}

async function read(
  roomId: string,
  direction: PipeTraffic['direction'],
  pipe: MeasuredPipe,
): Promise<PipeTraffic[]> {
  const { life, transport } = pipe;
  const all = await transport.getStats().catch(() => []);
  const expected = expectedWithin(pipe, direction);
  return all.map((statistics) => ({ roomId, life, direction, statistics, expectedWithin: expected }));
}
