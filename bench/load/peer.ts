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
  /** It is counted and not listed. */
  audience?: boolean;
  /** When it began to connect, by `performance.now`; its first request unless given. */
  startedAt?: number;
}

/** Bits a second of what a peer publishes; 0 for nothing. */
export interface Publishing {
  audioBitrate: number;
  videoBitrate: number;
  /** Fills in the payload of each packet of sound when it is sent. */
  stamp?: (payload: Buffer) => void;
}

type TransportInfo = types.TransportOptions;

/** One participant with real WebRTC: ICE, DTLS and SRTP, but synthetic media that is not encoded or decoded. */
export class LoadPeer {
  readonly sources: MediaSource[] = [];
  readonly counters: StreamCounter[] = [];
  readonly consumerIds: string[] = [];
  /** Milliseconds from its start until it had joined. */
  joinMilliseconds = 0;
  /** Milliseconds from its start until the first packet came. */
  firstPacketMilliseconds: number | undefined;
  /** Called with the payload of each packet that comes. */
  onPacket: (payload: Buffer) => void = () => {};
  readonly #startedAt: number;
  #send: types.Transport | undefined;
  #receive: types.Transport | undefined;

  private constructor(
    private readonly options: PeerOptions,
    private readonly device: types.Device,
  ) {
    this.#startedAt = options.startedAt ?? performance.now();
    options.link.onConsumer = (announced) => this.#consume(announced);
  }

  /** Joins the room of the link. @throws Error with the reason when the server refuses */
  static async join(options: PeerOptions): Promise<LoadPeer> {
    const peer = new LoadPeer(options, await createDevice());
    await peer.#join();
    return peer;
  }

  /** Publishes; packets flow when `advance` of the sources is called. */
  async publish({ audioBitrate, videoBitrate, stamp }: Publishing): Promise<void> {
    if (audioBitrate > 0) await this.#publish('audio', audioBitrate, stamp);
    if (videoBitrate > 0) await this.#publish('video', videoBitrate);
  }

  close(): void {
    this.#send?.close();
    this.#receive?.close();
    this.options.link.close();
  }

  async #join(): Promise<void> {
    const { link, displayName, sends, receives, audience } = this.options;
    const { device } = this;
    const welcome = await link.welcome;
    const routerRtpCapabilities =
      welcome?.routerRtpCapabilities ??
      (await link.request<types.RtpCapabilities>('getRouterRtpCapabilities'));
    await device.load({ routerRtpCapabilities });
    if (sends) {
      const info = welcome?.sendTransport ?? (await this.#open({ producing: true, consuming: false }));
      this.#send = this.#wire(device.createSendTransport(info));
    }
    if (receives) {
      const info = welcome?.recvTransport ?? (await this.#open({ producing: false, consuming: true }));
      this.#receive = this.#wire(device.createRecvTransport(info));
    }
    const { consumers = [] } = await link.request<{ consumers?: Announced[] }>('join', {
      displayName,
      device: { name: 'load tester' },
      ...(audience && { audience }),
      ...(receives && { rtpCapabilities: device.recvRtpCapabilities }),
    });
    this.joinMilliseconds = performance.now() - this.#startedAt;
    await this.#start(consumers);
  }

  /** Takes what came with the answer of the fast join. */
  async #start(consumers: readonly Announced[]): Promise<void> {
    await Promise.all(consumers.map((announced) => this.#consume(announced)));
    const consumerIds = consumers.map(({ id }) => id);
    if (consumerIds.length > 0) await this.options.link.request('resumeConsumers', { consumerIds });
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

  async #publish(kind: 'audio' | 'video', bitrate: number, stamp?: Publishing['stamp']): Promise<void> {
    if (!this.#send) throw new Error('this peer was not made for sending');
    const track = new MediaStreamTrack({ kind });
    const encodings = kind === 'video' ? [{ maxBitrate: Math.round(bitrate * 1.5) }] : undefined;
    const producer = await this.#send.produce({ track: asBrowserTrack(track), encodings, stopTracks: false });
    const payloadType = producer.rtpParameters.codecs[0]?.payloadType ?? 0;
    const source = new MediaSource({
      kind,
      bitrate,
      payloadType,
      write: (packet) => {
        stamp?.(packet.payload);
        track.writeRtp(packet);
      },
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
      this.onPacket(payload);
    });
  }
}

interface KeyFrameRequests {
  subscribe(listener: () => void): unknown;
}
