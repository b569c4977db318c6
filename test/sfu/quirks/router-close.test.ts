import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { closeRouter } from '../../../src/sfu/quirks/router-close.ts';
import { heldBy } from '../../support/held.ts';
import { opus, RealWorker } from './real-worker.ts';

async function openOn(real: RealWorker) {
  const listenInfos: types.TransportListenInfo[] = [{ protocol: 'udp', ip: '127.0.0.1' }];
  const webRtcServer = await real.worker.createWebRtcServer({ listenInfos });
  const router = await real.router(opus);
  await router.createWebRtcTransport({ webRtcServer });
  expect(heldBy(webRtcServer)).toBe(1);
  return { webRtcServer, router };
}

test('a WebRtcServer still keeps a transport that ended with its router', async () => {
  using real = await RealWorker.start();
  const { webRtcServer, router } = await openOn(real);
  router.close();
  expect(heldBy(webRtcServer)).toBe(1);
});

test('a router that is closed by us leaves nothing in the WebRtcServer', async () => {
  using real = await RealWorker.start();
  const { webRtcServer, router } = await openOn(real);
  closeRouter(router);
  expect(heldBy(webRtcServer)).toBe(0);
  expect((await webRtcServer.dump()).localIceUsernameFragments).toEqual([]);
});
