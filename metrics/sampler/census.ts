import type { types } from 'mediasoup';
import { media } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import { DataConsumerSubject, DataProducerSubject } from './data.ts';
import { Lane } from './lane.ts';
import { ConsumerSubject, codingOf, ProducerSubject } from './streams.ts';
import type { Subject } from './subject.ts';
import { TransportSubject } from './transport.ts';

interface Closable {
  readonly closed: boolean;
  readonly observer: { once(event: 'close', listener: () => void): unknown };
  close(): void;
}

export interface CensusOptions {
  page: Page;
  /** The first RTP of a transport was seen. */
  onMedia: (transportId: string) => void;
  /** A transport has ended and its last sample is in. */
  onTransportGone: (transportId: string) => void;
}

/**
 * Every media object that lives, by worker, kept by mediasoup's own observers: so nothing is missed, whoever made it.
 * Pipes between workers are left out, for what they carry is counted where it comes from and where it goes to.
 */
export class Census {
  readonly lanes = new Map<types.Worker, Lane>();
  /** Living subjects by the id of their object. */
  readonly #byId = new Map<string, Subject>();

  constructor(private readonly options: CensusOptions) {}

  /** Follows a worker that carries nothing yet. */
  watch(worker: types.Worker, index: number): void {
    if (this.lanes.has(worker) || worker.closed) return;
    const lane = new Lane(worker, index, this.options.page);
    this.lanes.set(worker, lane);
    worker.observer.once('close', () => this.lanes.delete(worker));
    worker.observer.on('newrouter', (router) => new RouterWatch(router, lane, this.options, this.#byId));
  }

  /** The subject of a media object that lives. */
  find(id: string): Subject | undefined {
    return this.#byId.get(id);
  }
}

class RouterWatch {
  readonly #consumers = new Map<string, Set<Subject>>();
  readonly #transports = new Set<() => void>();

  constructor(
    router: types.Router,
    private readonly lane: Lane,
    private readonly options: CensusOptions,
    private readonly byId: Map<string, Subject>,
  ) {
    router.observer.on('newtransport', (transport) => this.#watchTransport(transport));
    beforeClose(router, () => {
      for (const askAll of [...this.#transports]) askAll();
    });
  }

  #watchTransport(transport: types.Transport): void {
    const { page } = this.options;
    const carried = new Set<Subject>();
    if (transport.type === 'pipe') {
      // A pipe's producer is closed by its far end; those who consume it here are asked first.
      transport.observer.on('newproducer', (producer) =>
        beforeClose(producer, () => this.#askConsumersOf(producer.id)),
      );
      return;
    }
    const subject = new TransportSubject(transport, page, this.options.onMedia);
    let asked = false;
    const askAll = () => {
      if (!this.lane.subjects.has(subject)) return;
      asked = true;
      void this.lane.lastSample(subject, 'other').finally(() => this.options.onTransportGone(transport.id));
      for (const each of carried) this.#askLast(each);
    };
    this.#transports.add(askAll);
    beforeClose(transport, askAll);
    this.#keep(subject, transport, new Set(), () => {
      this.#transports.delete(askAll);
      // With its worker it ends unasked.
      if (!asked) this.options.onTransportGone(transport.id);
    });
    transport.observer.on('newproducer', (producer) => {
      const producerSubject = new ProducerSubject(producer, page);
      this.#keep(producerSubject, producer, carried);
      beforeClose(producer, () => this.#askLast(producerSubject));
    });
    transport.observer.on('newconsumer', (consumer) => this.#watchConsumer(consumer, carried));
    this.#watchData(transport, carried);
  }

  #watchData(transport: types.Transport, carried: Set<Subject>): void {
    const { page } = this.options;
    transport.observer.on('newdataproducer', (dataProducer) => {
      const dataSubject = new DataProducerSubject(dataProducer, page);
      this.#keep(dataSubject, dataProducer, carried);
      beforeClose(dataProducer, () => this.#askLast(dataSubject));
    });
    transport.observer.on('newdataconsumer', (dataConsumer) => {
      const dataSubject = new DataConsumerSubject(dataConsumer, page);
      this.#keep(dataSubject, dataConsumer, carried);
      beforeClose(dataConsumer, () => this.#askLast(dataSubject));
    });
  }

  #watchConsumer(consumer: types.Consumer, carried: Set<Subject>): void {
    const producer = this.byId.get(consumer.producerId);
    // Reading the parameters of a consumer copies them, which would be a tenth of what it costs to make one.
    const coding = producer instanceof ProducerSubject ? producer.coding : codingOf(consumer.rtpParameters);
    const subject = new ConsumerSubject(consumer, coding, this.options.page);
    const siblings = this.#consumers.get(consumer.producerId) ?? new Set();
    this.#consumers.set(consumer.producerId, siblings);
    siblings.add(subject);
    this.#keep(subject, consumer, carried, () => {
      siblings.delete(subject);
      if (siblings.size === 0) this.#consumers.delete(consumer.producerId);
    });
    beforeClose(consumer, () => this.#askLast(subject));
    this.#followLayers(consumer);
  }

  #keep(subject: Subject, object: Closable, carried: Set<Subject>, onClose = () => {}): void {
    const { id } = subject;
    this.lane.subjects.add(subject);
    this.byId.set(id, subject);
    carried.add(subject);
    object.observer.once('close', () => {
      this.lane.subjects.delete(subject);
      // A producer that was piped to a worker has the same id there.
      if (this.byId.get(id) === subject) this.byId.delete(id);
      carried.delete(subject);
      onClose();
    });
  }

  /** With a producer the worker closes all that consume it. */
  #askLast(subject: Subject): void {
    if (!this.lane.subjects.has(subject)) return;
    void this.lane.lastSample(subject, subject instanceof ConsumerSubject ? 'consumer' : 'other');
    if (subject instanceof ProducerSubject) this.#askConsumersOf(subject.id);
  }

  #askConsumersOf(producerId: string): void {
    for (const consumer of this.#consumers.get(producerId) ?? []) this.#askLast(consumer);
  }

  #followLayers(consumer: types.Consumer): void {
    let last = consumer.currentLayers;
    consumer.observer.on('layerschange', (layers) => {
      this.options.page.add(media.layerSwitches, 1, { change: changeOf(last, layers) });
      last = layers;
    });
  }
}

function changeOf(from: types.ConsumerLayers | undefined, to: types.ConsumerLayers | undefined): string {
  if (!to) return 'stopped';
  if (!from) return 'started';
  if (to.spatialLayer === from.spatialLayer) return 'temporal';
  return to.spatialLayer > from.spatialLayer ? 'up' : 'down';
}

/**
 * mediasoup tells nobody before it closes an object, only afterwards, when its worker has forgotten the statistics.
 * So the object's own close is preceded by the task, whoever calls it.
 */
function beforeClose(object: Pick<Closable, 'closed' | 'close'>, task: () => void): void {
  const close = object.close.bind(object);
  object.close = () => {
    if (!object.closed) task();
    close();
  };
}
