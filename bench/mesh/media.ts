import { startServer } from '../harness/server.ts';
import { median, quantile } from '../harness/statistics.ts';
import type { ForwardLoadOptions, ForwardLoadResult, ForwardWindow } from '../loads/forward.ts';
import { holdLoad, runLoad } from '../loads/load-process.ts';
import type { MeshDelayOptions, MeshDelayResult } from '../loads/mesh-delay.ts';
import type { MeshJoinOptions, MeshJoinResult } from '../loads/mesh-join.ts';
import { inTurns, ofBoth, type Part, type Place } from './place.ts';

const million = 1e6;

const ports = ({ origin, far }: Place) => ({ originPort: origin.port, farPort: far.port });

/** How long a packet of sound is on its way from one peer to another. */
export const delay: Part<'delay' | 'delay_p99'> = async (places, { small }) => {
  const results = await inTurns(places, small ? 1 : 6, (place) => {
    const options: MeshDelayOptions = { ...ports(place), packets: small ? 20 : 150 };
    return runLoad<MeshDelayResult>('mesh-delay', options);
  });
  return ofBoth(results, (rounds) => {
    const delays = rounds.flatMap(({ milliseconds }) => milliseconds);
    return { delay: quantile(delays, 0.5), delay_p99: quantile(delays, 0.99) };
  });
};

/** How long somebody who joins waits for the first packet of a camera at the other node. */
export const join: Part<'join_first' | 'join_later'> = async (places, { small }) => {
  const results = await inTurns(places, small ? 1 : 6, (place) => {
    const options: MeshJoinOptions = { ...ports(place), rooms: small ? 1 : 3 };
    return runLoad<MeshJoinResult>('mesh-join', options);
  });
  return ofBoth(results, (rounds) => ({
    join_first: median(rounds.flatMap(({ first }) => first)),
    join_later: median(rounds.flatMap(({ later }) => later)),
  }));
};

/** The same for the very first join over these nodes, of which all code has yet to be compiled. */
export const coldJoin: Part<'join_cold'> = async (places) => {
  await using spare = await startServer({ side: 'ours', workers: 1 });
  const results = await inTurns(places, 1, (place) => {
    const options: MeshJoinOptions = { ...ports(place), rooms: 1, warmPort: spare.port };
    return runLoad<MeshJoinResult>('mesh-join', options);
  });
  return ofBoth(results, (rounds) => ({ join_cold: median(rounds.flatMap(({ first }) => first)) }));
};

/**
 * A camera of many packets with one receiver. In a mesh the origin sends it into a pipe, and otherwise to the receiver
 * itself.
 */
export const stream: Part<'stream_origin' | 'stream_all'> = async (places, { small }) => {
  const results = await inTurns(places, small ? 1 : 4, async ({ origin, far }) => {
    const workers = origin === far ? [origin] : [origin, far];
    const options: ForwardLoadOptions = {
      ...{ kind: 'tureen', port: origin.port, subscriberPorts: [far.port], subscribers: 1 },
      workerPids: workers.flatMap(({ workerPids }) => workerPids),
      videoBitrate: small ? 1e6 : 8e6,
    };
    return await measure(options, { duration: small ? 1000 : 5000 });
  });
  return ofBoth(results, (rounds) => ({
    stream_origin: median(
      rounds.map(({ packets, workersCpuSeconds: [first = 0] }) => (first / packets) * million),
    ),
    stream_all: median(rounds.map(({ packets, workerCpuSeconds }) => (workerCpuSeconds / packets) * million)),
  }));
};

/** For some seconds after so many have joined, the runtimes compile code and collect garbage. */
const crowdSettlingMs = 20_000;

/** Many receivers of one camera, spread over all nodes. */
export const crowd: Part<'crowd_workers' | 'crowd_servers' | 'crowd_arrived'> = async (places, { small }) => {
  const results = await inTurns(places, 1, async ({ origin, all }) => {
    const options: ForwardLoadOptions = {
      ...{ kind: 'tureen', port: origin.port, subscriberPorts: all.map(({ port }) => port) },
      subscribers: small ? 6 : 300,
      serverPids: all.map(({ pid }) => pid),
      workerPids: all.flatMap(({ workerPids }) => workerPids),
      // One packet a frame.
      videoBitrate: 240_000,
    };
    return await measure(options, {
      settling: small ? 0 : crowdSettlingMs,
      ...(small ? { duration: 1000, pace: 'full' } : { duration: 12_000, pace: 'sixth' }),
    });
  });
  return ofBoth(results, (rounds) => {
    const [{ packets, lost, serverCpuSeconds, workerCpuSeconds }] = rounds as [ForwardLoadResult];
    return {
      crowd_workers: (workerCpuSeconds / packets) * million,
      crowd_servers: (serverCpuSeconds / packets) * million,
      crowd_arrived: packets / (packets + Math.max(0, lost)),
    };
  });
};

async function measure(
  options: ForwardLoadOptions,
  { settling = 0, ...window }: ForwardWindow & { settling?: number },
): Promise<ForwardLoadResult> {
  await using load = await holdLoad<unknown>('forward', options);
  await Bun.sleep(settling);
  for (;;) {
    load.write(JSON.stringify(window));
    const result = await load.next<ForwardLoadResult>();
    // On a machine that is busy enough a short window may pass without a packet.
    if (result.packets > 0) return result;
  }
}
