/**
 * mediasoup and as little around it as there can be: one worker, one router, one HTTP call for each of mediasoup's.
 * What forwarding costs here is the least that it can cost. Run: PORT=3002 node bench/reference/bare.mjs
 */
import { createServer } from 'node:http';
import { mediaCodecs } from './codecs.mjs';
import { startWorker } from './worker.mjs';

const { worker, webRtcServer } = await startWorker();
const router = await worker.createRouter({ mediaCodecs });
const [transports, producers, consumers] = [new Map(), new Map(), new Map()];
// As the usual example servers and Tureen set it; with less, mediasoup probes the network more, which costs processor time.
const transportOptions = { webRtcServer, initialAvailableOutgoingBitrate: 1_000_000 };
const keep = (map, entity) => map.set(entity.id, entity).get(entity.id);

const calls = {
  getRouterRtpCapabilities: () => router.rtpCapabilities,
  async createWebRtcTransport() {
    const transport = keep(transports, await router.createWebRtcTransport(transportOptions));
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    return { id, iceParameters, iceCandidates, dtlsParameters };
  },
  connectWebRtcTransport: ({ transportId, dtlsParameters }) =>
    transports.get(transportId).connect({ dtlsParameters }),
  async produce({ transportId, kind, rtpParameters }) {
    return { id: keep(producers, await transports.get(transportId).produce({ kind, rtpParameters })).id };
  },
  producers: () => [...producers.keys()],
  async consume({ transportId, producerId, rtpCapabilities }) {
    const options = { producerId, rtpCapabilities, paused: true };
    const consumer = keep(consumers, await transports.get(transportId).consume(options));
    const { id, kind, rtpParameters } = consumer;
    return { id, producerId, kind, rtpParameters };
  },
  resumeConsumer: ({ consumerId }) => consumers.get(consumerId).resume(),
};

const server = createServer(async (request, response) => {
  const { method, data } = JSON.parse((await request.toArray()).join('') || '{}');
  response.end(JSON.stringify((await calls[method]?.(data)) ?? {}));
});
server.listen(Number(process.env.PORT ?? 3002), '127.0.0.1');

// mediasoup closes its workers on these signals, but leaves the process running.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
