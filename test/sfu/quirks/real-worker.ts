import { createWorker, type types } from 'mediasoup';

/** A worker as mediasoup starts it, without anything of Tureen's. */
export class RealWorker implements Disposable {
  private constructor(readonly worker: types.Worker) {}

  static async start(): Promise<RealWorker> {
    return new RealWorker(await createWorker({ logLevel: 'none' }));
  }

  async router(...mediaCodecs: types.RouterRtpCodecCapability[]): Promise<types.Router> {
    return await this.worker.createRouter({ mediaCodecs });
  }

  [Symbol.dispose](): void {
    this.worker.close();
  }
}

export const opus = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48000,
  channels: 2,
} as const satisfies types.RouterRtpCodecCapability;

/** The payload type under which the microphone sends its voice. */
export const voice = 111;

/** A microphone that sends the packets that it is given. */
export async function microphone(
  router: types.Router,
  ...codecs: types.RtpCodecParameters[]
): Promise<types.Producer> {
  const transport = await router.createDirectTransport();
  return await transport.produce({
    kind: 'audio',
    rtpParameters: {
      mid: '0',
      codecs: [{ mimeType: 'audio/opus', payloadType: voice, clockRate: 48000, channels: 2 }, ...codecs],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4 }],
      encodings: [{ ssrc: 1 }],
    },
  });
}

/** An RTP packet (RFC 3550) of the microphone, without extensions. */
export function packet(payloadType: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(12 + 20);
  bytes[0] = 0x80;
  bytes[1] = payloadType;
  bytes.writeUInt16BE(sequence, 2);
  bytes.writeUInt32BE(sequence * 960, 4);
  bytes.writeUInt32BE(1, 8);
  return bytes;
}

/** Consumes over a transport that hands the packets out. */
export async function ear(
  router: types.Router,
  producer: types.Producer,
  options: { rtpCapabilities?: types.RtpCapabilities; mid?: string } = {},
): Promise<{ consumer: types.Consumer; packets: Buffer[]; next: () => Promise<Buffer> }> {
  const transport = await router.createDirectTransport();
  const { rtpCapabilities } = router;
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, ...options });
  const packets: Buffer[] = [];
  consumer.on('rtp', (bytes) => void packets.push(bytes));
  const next = () => new Promise<Buffer>((resolve) => void consumer.once('rtp', resolve));
  return { consumer, packets, next };
}
