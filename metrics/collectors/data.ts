import type { Collector } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';
import { HighWater } from '../high-water.ts';

const direction = cross({ direction: ['in', 'out'] });

export const metrics = {
  producers: gauge({
    name: 'tureen_data_producers',
    help: 'Data producers, as the last pass of the sampler found them.',
    source: 'sample',
  }),
  consumers: gauge({
    name: 'tureen_data_consumers',
    help: 'Data consumers, as the last pass of the sampler found them.',
    source: 'sample',
  }),
  messages: counter({
    name: 'tureen_data_messages_total',
    help: 'Messages of data channels: in from data producers, out to data consumers.',
    source: 'sample',
    labels: direction,
  }),
  bytes: counter({
    name: 'tureen_data_bytes_total',
    help: 'Bytes of data channel messages: in from data producers, out to data consumers.',
    unit: 'bytes',
    source: 'sample',
    labels: direction,
  }),
  buffered: gauge({
    name: 'tureen_data_buffered_bytes',
    help: 'Bytes that wait to be sent to data consumers.',
    unit: 'bytes',
    source: 'sample',
  }),
};

/** Data channels, and what goes over them. */
export const data: Collector = {
  name: 'data',
  title: 'Data channels',
  metrics,
  start({ page, onSample }) {
    const counting = (labels: { direction: 'in' | 'out' }) => {
      const totals = new HighWater<'messages' | 'bytes'>();
      return (messages: number, bytes: number) => {
        page.add(metrics.messages, totals.rise('messages', messages), labels);
        page.add(metrics.bytes, totals.rise('bytes', bytes), labels);
      };
    };
    onSample('dataProducer', () => {
      const add = counting({ direction: 'in' });
      return {
        sample: ([stat]) => stat && add(stat.messagesReceived, stat.bytesReceived),
        count: (tally) => tally.add(metrics.producers),
      };
    });
    onSample('dataConsumer', () => {
      const add = counting({ direction: 'out' });
      let buffered = 0;
      return {
        sample([stat]) {
          if (!stat) return;
          add(stat.messagesSent, stat.bytesSent);
          buffered = stat.bufferedAmount;
        },
        count(tally) {
          tally.add(metrics.consumers);
          if (buffered > 0) tally.add(metrics.buffered, {}, buffered);
        },
      };
    });
  },
};
