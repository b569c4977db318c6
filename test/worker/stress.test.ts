import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import * as mediasoup from 'mediasoup';
import type { DataConsumer, DataProducer, DirectTransport, Producer, Router, Worker } from 'mediasoup/types';
import { until } from '../support/until.ts';
import { realWorker } from './fixtures.ts';

const WORKERS = 100;
const GROUP = 5;

/** The file descriptors that this process has open. */
function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Children of this process that live. A killed one stays a zombie for a while, which holds nothing but its number. */
function countLiveChildren(): number {
  return readdirSync('/proc').filter((name) => {
    try {
      const status = readFileSync(`/proc/${Number(name)}/status`, 'utf8');

      return status.includes(`\nPPid:\t${process.pid}\n`) && !/\nState:\t[ZX]/.test(status);
    } catch {
      return false;
    }
  }).length;
}

async function startAndKill(): Promise<Error> {
  const worker = await mediasoup.createWorker({ workerBin: realWorker });
  const router = await worker.createRouter();
  const died = new Promise<Error>((resolve) => worker.on('died', resolve));
  const closed = new Promise<void>((resolve) => router.on('workerclose', resolve));

  process.kill(worker.pid, 'SIGKILL');
  await closed;

  return died;
}

describe.skipIf(process.platform !== 'linux')('workers that are killed', () => {
  test(`${WORKERS} of them all report their death and leave nothing open`, async () => {
    // The first one opens what stays open for all.
    await startAndKill();

    const children = countLiveChildren();
    const descriptors = countDescriptors();
    const deaths: Error[] = [];

    for (let started = 0; started < WORKERS; started += GROUP) {
      deaths.push(...(await Promise.all(Array.from({ length: GROUP }, startAndKill))));
    }

    expect(deaths).toHaveLength(WORKERS);
    expect(deaths.filter(({ message }) => !message.includes('signal:SIGKILL'))).toEqual([]);
    await until(() => countLiveChildren() <= children);
    await until(() => countDescriptors() <= descriptors);
  });
});

describe('messages to and from a worker', () => {
  let worker: Worker;
  let router: Router;
  let transport: DirectTransport;
  let dataProducer: DataProducer;
  let dataConsumer: DataConsumer;

  beforeAll(async () => {
    worker = await mediasoup.createWorker({ workerBin: realWorker });
    router = await worker.createRouter({
      mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
    });
    transport = await router.createDirectTransport();
    dataProducer = await transport.produceData();
    dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
  });

  afterAll(() => worker.close());

  function roundTrip(message: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      dataConsumer.once('message', resolve);
      dataProducer.send(message);
    });
  }

  /** Bytes in which a piece that is lost, doubled or out of place shows. */
  function pattern(length: number): Buffer {
    const bytes = Buffer.alloc(length);

    for (let offset = 0; offset + 4 <= length; offset += 4) {
      bytes.writeUInt32LE((offset * 2654435761) % 2 ** 32, offset);
    }

    return bytes;
  }

  // The worker refuses data messages of more than 256 KiB. Requests and answers may have 8 MiB, envelope included.
  test.each([65_535, 65_536, 65_537, 100_000, 262_144])(
    'a data message of %i bytes goes to the worker and comes back unchanged',
    async (length) => {
      const message = pattern(length);

      expect((await roundTrip(message)).equals(message)).toBe(true);
    },
  );

  test('many data messages of 100 kB at once come back in order', async () => {
    const count = 50;
    const received: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const onMessage = (message: Buffer): void => {
      received.push(message.readUInt32LE(0));

      if (received.length === count) {
        resolve();
      }
    };

    dataConsumer.on('message', onMessage);

    for (let index = 0; index < count; index++) {
      const message = pattern(100_000);

      message.writeUInt32LE(index, 0);
      dataProducer.send(message);
    }

    await promise;
    dataConsumer.off('message', onMessage);
    expect(received).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  function produceWithNote(note: string, ssrc: number): Promise<Producer> {
    return transport.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [
          { mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2, parameters: { note } },
        ],
        encodings: [{ ssrc }],
      },
    });
  }

  test.each([100_000, 1_000_000, 8_000_000])('a request and its answer carry %i bytes', async (length) => {
    const note = 'n'.repeat(length);
    const producer = await produceWithNote(note, length);

    expect((await producer.dump()).rtpParameters.codecs[0]?.parameters?.note === note).toBe(true);
    producer.close();
  });

  test('messages over the limits are refused or dropped, and the worker goes on answering', async () => {
    await expect(produceWithNote('n'.repeat(8 * 2 ** 20), 1)).rejects.toThrow('request too big');
    dataProducer.send(Buffer.alloc(262_145));
    dataProducer.send(Buffer.alloc(8 * 2 ** 20));

    expect((await worker.dump()).routerIds).toEqual([router.id]);
    expect((await roundTrip(Buffer.from('soup'))).toString()).toBe('soup');
  });
});
