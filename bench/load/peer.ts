import type { types } from 'mediasoup-client';
import { StreamCounter } from './counter.ts';
import type { Announced, Link } from './link.ts';
import { MediaSource } from './source.ts';
import { asBrowserTrack, asTrack, createDevice, MediaStreamTrack } from './webrtc.ts';

export interface PeerOptions {
  link: Link;
  displayName: string;
  sends: boolean;
  receives: boolean;
}

/** Bits a second of what a peer publishes; 0 for nothing. */
export interface Publishing {
  audioBitrate: number;
  videoBitrate: number;
}

type TransportInfo = types.TransportOptions;

/** One participant with real WebRTC: ICE, DTLS and SRTP, but synthetic media that is not encoded or decoded. */
export class LoadPeer {
  readonly sources: MediaSource[] = [];
  readonly counters: StreamCounter[] = [];
  readonly consumerIds: string[] = [];
  /** Milliseconds from its first request until it had joined. */
  joinMilliseconds = 0;
  /** Milliseconds from its first request until the first packet came. */
  firstPacketMilliseconds: number | undefined;
  /** Called for each packet that comes. */
  onPacket: () => void = () => {};
  readonly #startedAt = performance.now();
  #send: types.Transport | undefined;
  #receive: types.Transport | undefined;

  private constructor(
    private readonly options: PeerOptions,
    private readonly device: types.Device,
  ) {
    options.link.onConsumer = (announced) => this.#consume(announced);
  }

  /** Joins the room of the link. @throws Error with the reason when the server refuses */
  static async join(options: PeerOptions): Promise<LoadPeer> {
    const peer = new LoadPeer(options, await createDevice());
    await peer.#join();
    return peer;
  }

  /** Publishes; packets flow when `advance` of the sources is called. */
  async publish({ audioBitrate, videoBitrate }: Publishing): Promise<void> {
    if (audioBitrate > 0) await this.#publish('audio', audioBitrate);
    if (videoBitrate > 0) await this.#publish('video', videoBitrate);
  }

  close(): void {
    this.#send?.close();
    this.#receive?.close();
    this.options.link.close();
  }

  async #join(): Promise<void> {
    const { link, displayName, sends, receives } = this.options;
    const { device } = this;
    await device.load({
      routerRtpCapabilities: await link.request<types.RtpCapabilities>('getRouterRtpCapabilities'),
    });
    if (sends)
      this.#send = this.#wire(
        device.createSendTransport(await this.#open({ producing: true, consuming: false })),
      );
    if (receives)
      this.#receive = this.#wire(
        device.createRecvTransport(await this.#open({ producing: false, consuming: true })),
      );
    await link.request('join', {
      displayName,
      device: { name: 'load tester' },
      ...(receives && { rtpCapabilities: device.recvRtpCapabilities }),
    });
    this.joinMilliseconds = performance.now() - this.#startedAt;
  }

  #open(direction: { producing: boolean; consuming: boolean }): Promise<TransportInfo> {
    return this.options.link.request<TransportInfo>('createWebRtcTransport', direction);
  }

  #wire(transport: types.Transport): types.Transport {
    const { link } = this.options;
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      link.request('connectWebRtcTransport', { transportId, dtlsParameters }).then(done, failed);
    });
    transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      link
        .request<{ id: string }>('produce', { transportId, kind, rtpParameters, appData })
        .then(done, failed);
    });
    return transport;
  }

  async #publish(kind: 'audio' | 'video', bitrate: number): Promise<void> {
    if (!this.#send) throw new Error('this peer was not made for sending');
    const track = new MediaStreamTrack({ kind });
    const encodings = kind === 'video' ? [{ maxBitrate: Math.round(bitrate * 1.5) }] : undefined;
    const producer = await this.#send.produce({ track: asBrowserTrack(track), encodings, stopTracks: false });
    const payloadType = producer.rtpParameters.codecs[0]?.payloadType ?? 0;
    const source = new MediaSource({
      kind,
      bitrate,
      payloadType,
      write: (packet) => track.writeRtp(packet),
    });
    const sender = producer.rtpSender as unknown as
      | { onPictureLossIndication?: KeyFrameRequests }
      | undefined;
    sender?.onPictureLossIndication?.subscribe(() => source.wantKeyFrame());
    this.sources.push(source);
  }

  async #consume({ id, producerId, kind, rtpParameters }: Announced): Promise<void> {
    if (!this.#receive) throw new Error('this peer was not made for receiving');
    const consumer = await this.#receive.consume({
      id,
      producerId,
      kind,
      rtpParameters,
    } as types.ConsumerOptions);
    const counter = new StreamCounter();
    this.counters.push(counter);
    this.consumerIds.push(id);
    asTrack(consumer.track).onReceiveRtp.subscribe(({ header, payload }) => {
      this.firstPacketMilliseconds ??= performance.now() - this.#startedAt;
      counter.count(header.sequenceNumber, payload.length);
      this.onPacket();
    });
  }
}

interface KeyFrameRequests {
  subscribe(listener: () => void): unknown;
}
