import type { types } from 'mediasoup';
import { ipVersion } from '../../core/networks.ts';
import { mediaCall } from '../media/media-call.ts';
import type { LocalPublication, PeerTransport } from '../rooms/peer.ts';
import type { Endpoint } from './frames.ts';

/** What a track is, for those who read its packets. */
export interface TappedTrack {
  readonly kind: types.MediaKind;
  /** As on the consumer: the numbers of the server. */
  readonly rtpParameters: types.RtpParameters;
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/**
 * Gets the packets of producers as a consumer on a DirectTransport, which hands them to this process. It asks for every
 * layer, so that what a peer sends is seen as it came, but for the numbers that mediasoup gives to streams, payload types
 * and header extensions. https://mediasoup.org/documentation/v3/mediasoup/api/#DirectTransport
 */
export class Tap implements Disposable {
  private constructor(
    private readonly router: types.Router,
    private readonly transport: types.DirectTransport,
  ) {}

  /** @throws SfuError gone when the worker does not answer */
  static async open(router: types.Router): Promise<Tap> {
    return new Tap(
      router,
      await mediaCall(router, 'opening the capture', () => router.createDirectTransport()),
    );
  }

  /** Hands on what a producer sends from now on. @throws SfuError gone when it or its worker is */
  async add(
    { producer, info }: LocalPublication,
    take: (track: TappedTrack, packet: Buffer) => void,
    carrier: PeerTransport | undefined,
  ): Promise<void> {
    const consumer = await mediaCall(this.transport, 'capturing a track', () =>
      this.transport.consume({
        producerId: producer.id,
        rtpCapabilities: this.router.rtpCapabilities,
        pipe: true,
        enableRtx: false,
      }),
    );
    const { kind } = info;
    const track = { kind, rtpParameters: consumer.rtpParameters, ...sidesOf(carrier) };
    consumer.on('rtp', (packet) => take(track, packet));
  }

  [Symbol.dispose](): void {
    this.transport.close();
  }
}

const unknown = { four: { address: '0.0.0.0', port: 5004 }, six: { address: '::', port: 5004 } } as const;

/** Where the packets came from and where they went, as far as it is known: an announced name is no address. */
function sidesOf(carrier: PeerTransport | undefined): { from: Endpoint; to: Endpoint } {
  const tuple = tupleOf(carrier);
  if (tuple?.remoteIp === undefined || tuple.remotePort === undefined)
    return { from: unknown.four, to: unknown.four };
  const { remoteIp, remotePort, localAddress, localPort } = tuple;
  const isSameFamily = ipVersion(localAddress) === ipVersion(remoteIp);
  const local = isSameFamily ? localAddress : unknown[ipVersion(remoteIp) === 6 ? 'six' : 'four'].address;
  return { from: { address: remoteIp, port: remotePort }, to: { address: local, port: localPort } };
}

function tupleOf(carrier: PeerTransport | undefined): types.TransportTuple | undefined {
  if (carrier === undefined) return undefined;
  return carrier.type === 'webrtc' ? carrier.transport.iceSelectedTuple : carrier.transport.tuple;
}
