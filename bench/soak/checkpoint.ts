import { heapStats } from 'bun:jsc';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Server } from '../../src/app/server.ts';
import { heldBy } from '../../test/support/held.ts';
import { memoryOf } from '../harness/proc.ts';

/** What an empty server still has: the same at every checkpoint, or something leaks. */
export interface Checkpoint {
  /** Bytes of JavaScript after a full collection. */
  readonly heap: number;
  /** Bytes of the server process, and of its media workers together. */
  readonly resident: number;
  readonly workerResident: number;
  /** Open files of the server process, and of its media workers together. */
  readonly descriptors: number;
  readonly workerDescriptors: number;
  /** UDP and TCP sockets of the media workers. */
  readonly ports: number;
  /** Series on the page of metrics. */
  readonly series: number;
  /** Rooms, peers, transports that the server still has. */
  readonly standing: number;
}

/** The parts of the server that should be empty when nobody is there, by name. */
export function standing({ sfu }: Server): Readonly<Record<string, number>> {
  const live = sfu.pool.slots.flatMap((slot) => slot.live ?? []);
  const { rooms, connected, joined, producers, consumers } = sfu.read.counts();
  const loads = live.map(({ load }) => Object.values(load).reduce((sum, value) => sum + value, 0));
  return {
    rooms,
    peers: connected + joined,
    producers,
    consumers,
    'objects in workers': loads.reduce((sum, load) => sum + load, 0),
    'transports of WebRtcServers': live.reduce((sum, { webRtcServer }) => sum + heldBy(webRtcServer), 0),
  };
}

/** Collects what can be collected, and measures. */
export async function takeCheckpoint(server: Server): Promise<Checkpoint> {
  // Finalizers run between collections, and free more.
  for (let round = 0; round < 4; round += 1) {
    Bun.gc(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const workers = server.sfu.pool.slots.flatMap(({ live }) => live?.worker.pid ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const page = await server.measurements.text();
  return {
    heap: heapStats().heapSize,
    resident: process.memoryUsage.rss(),
    workerResident: sum(workers.map((pid) => memoryOf(pid).resident)),
    descriptors: openFiles(process.pid).length,
    workerDescriptors: sum(workers.map((pid) => openFiles(pid).length)),
    ports: sum(workers.map(portsOf)),
    series: page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    standing: sum(Object.values(standing(server))),
  };
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        // The folder itself was open while it was read.
        return [];
      }
    });
  } catch {
    // A worker that has just died.
    return [];
  }
}

function portsOf(pid: number): number {
  const sockets = new Set(openFiles(pid).filter((link) => link.startsWith('socket:')));
  const lines = ['udp', 'udp6', 'tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8').split('\n'),
  );
  return lines.filter((line) => sockets.has(`socket:[${line.trim().split(/\s+/)[9]}]`)).length;
}
