import type { Message } from '../message.ts';
import * as consumers from './consumers.ts';
import * as producers from './producers.ts';
import * as room from './room.ts';
import * as transports from './transports.ts';

/** Every message of clients, in the order in which they use them. To add one, add it to the file of its subject and here. */
export const messages = [
  room.queryRoom,
  room.join,
  transports.createTransport,
  transports.updateTransport,
  transports.restartTransport,
  producers.createProducer,
  producers.updateProducer,
  producers.pauseProducer,
  producers.resumeProducer,
  producers.closeProducer,
  consumers.enableConsumer,
  consumers.pauseConsumer,
  consumers.resumeConsumer,
  consumers.setConsumerPreferredProfile,
  transports.enableTransportStats,
  producers.enableProducerStats,
  consumers.enableConsumerStats,
  transports.disableTransportStats,
  producers.disableProducerStats,
  consumers.disableConsumerStats,
  transports.closeTransport,
  room.leave,
] as const;

export type MessageName = (typeof messages)[number]['name'];

const byName = new Map<string, Message>(
  messages.map((message) => [message.name, message as unknown as Message]),
);

export function findMessage(name: string): Message | undefined {
  return byName.get(name);
}
