import { expect, setDefaultTimeout, test } from 'bun:test';
import { until } from '../until.ts';
import { BadNetwork, mayMakeBadNetworks } from './bad-network.ts';
import type { Conditions } from './conditions.ts';
import { Shaper } from './shaper.ts';

setDefaultTimeout(60_000);

/** Sends a packet of 100 bytes each millisecond. */
function send(shaper: Shaper, count: number): { lost: number; runs: number; lastsMs: number } {
  const arrived = new Set<number>();
  let [nowMs, lastsMs] = [0, 0];
  const collect = () => {
    for (const packet of shaper.due(nowMs)) {
      arrived.add(new DataView(packet.buffer).getUint32(96));
      lastsMs = nowMs;
    }
  };
  for (let number = 0; number < count; number += 1, nowMs += 1) {
    const packet = new Uint8Array(100);
    new DataView(packet.buffer).setUint32(96, number);
    shaper.take(packet, nowMs);
    collect();
  }
  for (; shaper.nextDueMs !== undefined; nowMs += 1) collect();
  const isLost = (number: number) => number >= 0 && !arrived.has(number);
  const lost = Array.from({ length: count }, (_, number) => number).filter(isLost);
  return { lost: lost.length, runs: lost.filter((number) => !isLost(number - 1)).length, lastsMs };
}

function shaped(conditions: Conditions, count = 10_000) {
  const shaper = new Shaper(1);
  shaper.conditions = conditions;
  return send(shaper, count);
}

test('a path loses its share, at random or in bursts', () => {
  expect(shaped({}).lost).toBe(0);
  const random = shaped({ loss: 0.1 });
  expect(random.lost / 10_000).toBeCloseTo(0.1, 1);
  expect(random.lost / random.runs).toBeLessThan(1.3);
  const bursts = shaped({ loss: 0.1, burst: 8 });
  expect(bursts.lost / 10_000).toBeCloseTo(0.1, 1);
  expect(bursts.lost / bursts.runs).toBeGreaterThan(5);
  expect(shaped({ blocked: 'all' }).lost).toBe(10_000);
});

test('a path delays, and its rate makes packets wait and then be dropped', () => {
  // The last of 100 packets leaves after 99 ms.
  expect(shaped({ delayMs: 150 }, 100)).toEqual({ lost: 0, runs: 0, lastsMs: 249 });
  const jittered = shaped({ delayMs: 150, jitterMs: 50 }, 100).lastsMs;
  expect(jittered).toBeGreaterThan(249);
  expect(jittered).toBeLessThan(300);
  // 800 bits each millisecond do not fit 400 kbit/s: half of them are dropped, and the last waits for its turn.
  const thin = shaped({ rate: 400_000, queueMs: 300 });
  expect(thin.lost / 10_000).toBeCloseTo(0.5, 1);
  expect(thin.lastsMs).toBeGreaterThan(10_250);
  expect(thin.lastsMs).toBeLessThan(10_350);
});

test.if(mayMakeBadNetworks)(
  'packets of the kernel take the path, each way as bad as it was told',
  async () => {
    await using network = await BadNetwork.make();
    const echo = `
    const socket = await Bun.udpSocket({ hostname: '${network.farAddress}', socket: {
      data: (socket, bytes, port, address) => void socket.send(bytes, port, address) } });
    Bun.serve({ hostname: '${network.farAddress}', port: socket.port, fetch: () => new Response('TCP') });
    console.log(socket.port);`;
    await using far = Bun.spawn([...network.command, process.execPath, '-e', echo], { stdout: 'pipe' });
    const { value } = await far.stdout.getReader().read();
    const echoPort = Number(new TextDecoder().decode(value));
    let returned = 0;
    const socket = await Bun.udpSocket({
      hostname: network.nearAddress,
      socket: {
        data: () => {
          returned += 1;
        },
      },
    });
    /** @returns how long it took until one of a few was back */
    const roundTrip = async () => {
      const [startedAt, before] = [performance.now(), returned];
      for (let sent = 0; sent < 20; sent += 1) socket.send(Buffer.alloc(100), echoPort, network.farAddress);
      await until(() => returned > before, 'an echo');
      return performance.now() - startedAt;
    };
    await roundTrip();
    await network.become({ down: { delayMs: 200 }, up: { delayMs: 100 } });
    await until(() => returned === 20, 'the echoes of before');
    expect(await roundTrip()).toBeGreaterThanOrEqual(299);
    await until(() => returned === 40, 'the echoes of before');
    await network.become({ up: { blocked: 'udp' } });
    for (let sent = 0; sent < 20; sent += 1) socket.send(Buffer.alloc(100), echoPort, network.farAddress);
    // What is not UDP comes back, and would have come after what was sent before it.
    expect(await (await fetch(`http://${network.farAddress}:${echoPort}`)).text()).toBe('TCP');
    expect(returned).toBe(40);
    socket.close();
  },
);
