import type { types } from 'mediasoup';
import type { Server } from '../../src/app/server.ts';
import { mediaCodecs } from '../../src/sfu/media/codecs.ts';

const ssrc = 1111;

/** The first worker of a server. */
export function workerOf(server: Server): types.Worker {
  const worker = server.sfu.pool.slots[0]?.live?.worker;
  if (!worker) throw new Error('the server runs no worker');
  return worker;
}

/** Audio through direct transports: a producer that a test feeds packet by packet, and any number of consumers. */
export class DirectMedia {
  #sequence = 0;

  private constructor(
    readonly router: types.Router,
    readonly sending: types.DirectTransport,
    readonly receiving: types.DirectTransport,
    readonly producer: types.Producer,
  ) {}

  static async on(worker: types.Worker): Promise<DirectMedia> {
    const router = await worker.createRouter({ mediaCodecs: mediaCodecs(['opus']) });
    const sending = await router.createDirectTransport();
    const receiving = await router.createDirectTransport();
    const producer = await sending.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
        encodings: [{ ssrc }],
        rtcp: { cname: 'test' },
      },
    });
    return new DirectMedia(router, sending, receiving, producer);
  }

  consume(transport = this.receiving): Promise<types.Consumer> {
    const { rtpCapabilities } = this.router;
    return transport.consume({ producerId: this.producer.id, rtpCapabilities });
  }

  /** Sends so many packets of 100 bytes of payload. */
  send(packets: number): void {
    for (let sent = 0; sent < packets; sent += 1) {
      this.#sequence += 1;
      const packet = Buffer.alloc(112);
      packet.writeUInt8(0x80, 0);
      packet.writeUInt8(111, 1);
      packet.writeUInt16BE(this.#sequence, 2);
      packet.writeUInt32BE(this.#sequence * 960, 4);
      packet.writeUInt32BE(ssrc, 8);
      this.producer.send(packet);
    }
  }
}
