import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import { Device, FakeHandler, testFakeParameters, type types } from 'mediasoup-client';
import type { Fields } from 'protoo-client';
import type { Server } from '../../src/app/server.ts';
import { ProtooClient } from '../support/protoo.ts';
import { socketUrl } from '../support/server.ts';

const { generateNativeRtpCapabilities, generateLocalDtlsParameters } = testFakeParameters;
const handlerFactory = FakeHandler.createFactory({
  generateNativeRtpCapabilities,
  generateLocalDtlsParameters,
});

/** The two forms in which the generations of the demo's application speak. */
export type Form = 'first' | 'rewrite';

/**
 * An application of the demo over protoo-client and mediasoup-client as they are on npm; its handler is a fake, so that
 * nothing but the media itself is missing. As the real ones do, it joins whenever its socket opens, and drops its media
 * when the socket ends.
 */
export class DemoApp implements Disposable {
  readonly client: ProtooClient;
  /** Ids of the microphone's producers, the present one last. */
  readonly microphones: string[] = [];
  #joined = Promise.withResolvers<void>();
  #send: types.Transport | undefined;

  constructor(
    server: Server,
    readonly peerId: string,
    private readonly form: Form,
  ) {
    this.client = new ProtooClient(socketUrl({ server, peerId, path: '/' }), { retries: 10 });
    this.client.peer.on('open', () => void this.#join().then(this.#joined.resolve, this.#joined.reject));
    this.client.peer.on('disconnected', () => {
      this.#send?.close();
      this.#joined = Promise.withResolvers();
    });
  }

  /** Resolves when it has joined over its present connection and sends its microphone. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** The names of all notifications that it was sent. */
  get notifications(): string[] {
    const requests = ['newConsumer', 'newDataConsumer'];
    const names = this.client.events.map(({ method }) => method);
    return [...new Set(names)].filter((name) => !name.startsWith('connection:') && !requests.includes(name));
  }

  async openChannel(options: { label: string; appData?: types.AppData }): Promise<void> {
    if (!this.#send) throw new Error('it has not joined');
    await this.#send.produceData(options);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  async #join(): Promise<void> {
    const { client, form } = this;
    if (form === 'rewrite') await client.request('getRtcStatsUrl');
    const device = await Device.factory({ handlerFactory });
    const capabilities = await client.request('getRouterRtpCapabilities');
    const routerRtpCapabilities = (
      form === 'rewrite' ? capabilities.routerRtpCapabilities : capabilities
    ) as types.RtpCapabilities;
    await device.load({ routerRtpCapabilities });
    const send = device.createSendTransport(await this.#open(true));
    device.createRecvTransport(await this.#open(false));
    this.#send = send;
    this.#follow(send);
    const { recvRtpCapabilities: rtpCapabilities } = device;
    await client.request('join', { displayName: this.peerId, device: { name: 'Demo' }, rtpCapabilities });
    const track = new FakeMediaStreamTrack({ kind: 'audio' });
    const { id } = await send.produce({ track, appData: { source: 'audio' } });
    this.microphones.push(id);
  }

  async #open(producing: boolean): Promise<types.TransportOptions> {
    const direction = producing ? 'producer' : 'consumer';
    const asked = this.form === 'rewrite' ? { appData: { direction } } : { producing, consuming: !producing };
    const reply = await this.client.request('createWebRtcTransport', { forceTcp: false, ...asked });
    const id = this.form === 'rewrite' ? reply.transportId : reply.id;
    return { ...reply, id } as unknown as types.TransportOptions;
  }

  #follow(send: types.Transport): void {
    const { id: transportId } = send;
    const ask = (method: string, data: Fields) => this.client.request(method, { transportId, ...data });
    const idOf = (reply: Fields, newer: string) => ({
      id: String(this.form === 'rewrite' ? reply[newer] : reply.id),
    });
    send.on('connect', ({ dtlsParameters }, done, failed) => {
      ask('connectWebRtcTransport', { dtlsParameters }).then(() => done(), failed);
    });
    send.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      ask('produce', { kind, rtpParameters, appData }).then(
        (reply) => done(idOf(reply, 'producerId')),
        failed,
      );
    });
    send.on('producedata', ({ sctpStreamParameters, label, protocol, appData }, done, failed) => {
      ask('produceData', { sctpStreamParameters, label, protocol, appData }).then(
        (reply) => done(idOf(reply, 'dataProducerId')),
        failed,
      );
    });
  }
}
