import type { types } from 'mediasoup';
import { transports } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import { HighWater } from './high-water.ts';
import type { Subject } from './subject.ts';
import type { Tally } from './tally.ts';

export class DataProducerSubject implements Subject {
  readonly #totals = new HighWater<'messages' | 'bytes'>();
  readonly quality = {};

  constructor(
    private readonly dataProducer: types.DataProducer,
    private readonly page: Page,
  ) {}

  get id(): string {
    return this.dataProducer.id;
  }

  get closed(): boolean {
    return this.dataProducer.closed;
  }

  async sample(): Promise<void> {
    const [stat] = await this.dataProducer.getStats();
    if (!stat) return;
    const labels = { direction: 'in' };
    this.page.add(transports.dataMessages, this.#totals.rise('messages', stat.messagesReceived), labels);
    this.page.add(transports.dataBytes, this.#totals.rise('bytes', stat.bytesReceived), labels);
  }

  tally(tally: Tally): void {
    tally.add(transports.dataProducers);
  }
}

export class DataConsumerSubject implements Subject {
  readonly #totals = new HighWater<'messages' | 'bytes'>();
  #buffered = 0;
  readonly quality = {};

  constructor(
    private readonly dataConsumer: types.DataConsumer,
    private readonly page: Page,
  ) {}

  get id(): string {
    return this.dataConsumer.id;
  }

  get closed(): boolean {
    return this.dataConsumer.closed;
  }

  async sample(): Promise<void> {
    const [stat] = await this.dataConsumer.getStats();
    if (!stat) return;
    const labels = { direction: 'out' };
    this.page.add(transports.dataMessages, this.#totals.rise('messages', stat.messagesSent), labels);
    this.page.add(transports.dataBytes, this.#totals.rise('bytes', stat.bytesSent), labels);
    this.#buffered = stat.bufferedAmount;
  }

  tally(tally: Tally): void {
    tally.add(transports.dataConsumers);
    if (this.#buffered > 0) tally.add(transports.dataBuffered, {}, this.#buffered);
  }
}
