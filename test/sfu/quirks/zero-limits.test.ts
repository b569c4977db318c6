import { expect, test } from 'bun:test';
import { effectiveLimit } from '../../../src/sfu/quirks/zero-limits.ts';
import { RealWorker } from './real-worker.ts';

test.each(['maxRetransmits', 'maxPacketLifeTime'] as const)(
  'a worker still takes a limit of zero for none: %s',
  async (limit) => {
    using real = await RealWorker.start();
    const router = await real.router();
    const transport = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      enableSctp: true,
    });
    const limited = async (streamId: number, value: number) => {
      const sctpStreamParameters = { streamId, ordered: false, [limit]: value };
      const { sctpStreamParameters: taken } = await transport.produceData({ sctpStreamParameters });
      return taken?.[limit];
    };
    expect(await limited(1, 0)).toBeUndefined();
    expect(await limited(2, effectiveLimit(0))).toBe(1);
    expect(await limited(3, effectiveLimit(7))).toBe(7);
  },
);
