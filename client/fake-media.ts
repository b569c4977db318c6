import { FakeHandler, testFakeParameters, type types } from 'mediasoup-client';

type Data = string | ArrayBuffer;

/** What mediasoup-client uses of an RTCDataChannel. */
class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = 'open';
  binaryType = 'arraybuffer';
  bufferedAmountLowThreshold = 0;
  readonly bufferedAmount = 0;

  constructor(
    readonly label: string,
    readonly protocol: string,
    private readonly onSend: (data: Data) => void = () => {},
  ) {
    super();
  }

  send(data: Data): void {
    this.onSend(data);
  }

  arrive(data: Data): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  close(): void {
    this.readyState = 'closed';
  }
}

/** The media of one client: no network, tracks that nobody looks at, and data channels in memory. */
export class FakeMedia {
  readonly handlerFactory: types.HandlerFactory;
  readonly #incoming = new Map<number, FakeChannel>();
  #lastStream = 0;
  /** Takes what the client sends over a channel. */
  onData: (streamId: number, data: Data) => void = () => {};

  constructor() {
    const factory = FakeHandler.createFactory(testFakeParameters);
    this.handlerFactory = {
      ...factory,
      factory: (options) => this.#connected(factory.factory(options) as FakeHandler),
    };
  }

  /** Hands a message to the client over a channel that it has accepted. */
  deliver(streamId: number, data: Data): void {
    this.#incoming.get(streamId)?.arrive(data);
  }

  /** mediasoup-client's own stand-in never gets beyond `connecting`, and its channels carry nothing. */
  #connected(handler: FakeHandler): FakeHandler {
    const [send, receive] = [handler.send.bind(handler), handler.receive.bind(handler)];
    const open = <T>(result: T): T => {
      handler.setConnectionState('connected');
      return result;
    };
    handler.send = async (options) => open(await send(options));
    handler.receive = async (options) => open(await receive(options));
    const sendDataChannel = handler.sendDataChannel.bind(handler);
    handler.sendDataChannel = async (options) => {
      // It connects the transport.
      await sendDataChannel(options);
      return open(this.#outgoingChannel(options));
    };
    const receiveDataChannel = handler.receiveDataChannel.bind(handler);
    handler.receiveDataChannel = async (options) => {
      await receiveDataChannel(options);
      return open({ dataChannel: this.#incomingChannel(options) });
    };
    return handler;
  }

  #outgoingChannel({ sctpStreamParameters }: types.HandlerSendDataChannelOptions) {
    this.#lastStream += 1;
    const streamId = this.#lastStream;
    const { label = '', protocol = '' } = sctpStreamParameters;
    const channel = new FakeChannel(label, protocol, (data) => this.onData(streamId, data));
    return {
      dataChannel: channel as unknown as RTCDataChannel,
      sctpStreamParameters: { ...sctpStreamParameters, streamId },
    };
  }

  #incomingChannel(options: types.HandlerReceiveDataChannelOptions): RTCDataChannel {
    const { label = '', protocol = '' } = options;
    const channel = new FakeChannel(label, protocol);
    this.#incoming.set(options.sctpStreamParameters.streamId ?? 0, channel);
    return channel as unknown as RTCDataChannel;
  }
}
