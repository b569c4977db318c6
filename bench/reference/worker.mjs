import { fileURLToPath } from 'node:url';
import * as mediasoup from 'mediasoup';

/**
 * In a session of its own, as Tureen starts it: Linux shares the cores out among sessions first (sched_autogroup), so a
 * worker that shares one with the load is woken later, for several packets at once, and takes a twentieth less for each.
 */
const workerBin = fileURLToPath(new URL('../../worker/own-session.sh', import.meta.url));
process.env.MEDIASOUP_WORKER_BIN ??= mediasoup.workerBin;

/** A media worker on loopback, with one port for each protocol. */
export async function startWorker() {
  const worker = await mediasoup.createWorker({ logLevel: 'warn', workerBin });
  const listenInfos = ['udp', 'tcp'].map((protocol) => ({ protocol, ip: '127.0.0.1' }));
  return { worker, webRtcServer: await worker.createWebRtcServer({ listenInfos }) };
}
