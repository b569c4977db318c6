/**
 * Runs in a process of its own, started by verify.ts with the path of a media worker, and uses that worker once.
 *
 * A worker does not report its version, but its messages differ from version to version. So this makes many different
 * requests: a worker of another version answers one of them wrongly or not at all.
 * It prints one line of JSON, the result.
 */
import * as mediasoup from 'mediasoup';
import type { Router, RouterRtpCodecCapability, Worker } from 'mediasoup/types';

const OPUS: RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48000,
  channels: 2,
};

/** More than 32 bits. */
const LARGE_BITRATE = 5_000_000_000;

function expect(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(what);
  }
}

async function useTransport(worker: Worker, router: Router): Promise<void> {
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1', port: 0 }],
  });
  const transport = await router.createWebRtcTransport({ webRtcServer });
  const dump = await transport.dump();

  expect(dump.id === transport.id, 'a transport reports another id than it was given');
  expect(transport.iceCandidates.length > 0, 'a transport has no ICE candidate');
  expect(
    transport.dtlsParameters.fingerprints.some(({ algorithm }) => algorithm === 'sha-256'),
    'a transport has no DTLS fingerprint',
  );

  // Bitrates have 64 bits since 3.27; an older worker returns another number.
  await transport.setMaxIncomingBitrate(LARGE_BITRATE);

  const [stats] = await transport.getStats();

  expect(
    stats?.maxIncomingBitrate === LARGE_BITRATE,
    'a transport reports another bitrate than it was given',
  );
}

async function useMedia(router: Router): Promise<void> {
  const transport = await router.createDirectTransport();
  const producer = await transport.produce({
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }],
      encodings: [{ ssrc: 1111 }],
    },
  });
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  const observer = await router.createAudioLevelObserver();

  await observer.addProducer({ producerId: producer.id });
  expect((await producer.dump()).kind === 'audio', 'a producer reports another kind than it was given');
  expect(
    (await consumer.dump()).producerId === producer.id,
    'a consumer reports another producer than it was given',
  );
  expect((await consumer.getStats()).length > 0, 'a consumer has no statistics');
}

async function useData(router: Router): Promise<void> {
  const transport = await router.createDirectTransport();
  const producer = await transport.produceData();
  const consumer = await transport.consumeData({ dataProducerId: producer.id });
  const { promise, resolve } = Promise.withResolvers<string>();

  consumer.on('message', (message) => resolve(message.toString()));
  producer.send('soup');
  expect((await promise) === 'soup', 'a data message arrived changed');
}

async function start(workerBin: string): Promise<Worker> {
  const errors: string[] = [];

  // The worker's standard error, for example about a missing library.
  mediasoup.setLogEventListeners({ onerror: (_namespace, log) => errors.push(log) });

  return mediasoup.createWorker({ workerBin }).catch((error: unknown) => {
    throw new Error(`it did not start: ${errors.join('; ') || error}`);
  });
}

async function use(workerBin: string): Promise<void> {
  const worker = await start(workerBin);
  const router = await worker.createRouter({ mediaCodecs: [OPUS] });

  expect((await worker.dump()).pid === worker.pid, 'it reports another process id than it has');
  await useTransport(worker, router);
  await useMedia(router);
  await useData(router);
  await worker.getResourceUsage();
  worker.close();
}

async function main(): Promise<void> {
  try {
    await use(process.argv[2] ?? '');
    console.log(JSON.stringify({ ok: true }));
  } catch (error) {
    console.log(
      JSON.stringify({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
    );
  }

  process.exit();
}

await main();
