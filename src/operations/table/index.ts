import type { Static } from '@sinclair/typebox';
import type { Operation } from '../operation.ts';
import { addBan, getBan, liftBan, listBans } from './bans.ts';
import { discardCapture, getCapture, startCapture } from './captures.ts';
import {
  closeConsumer,
  getConsumer,
  getConsumerStats,
  listConsumers,
  pauseConsumer,
  resumeConsumer,
} from './consumers.ts';
import { listDataConsumers, listDataProducers } from './data.ts';
import { mediaOperations } from './endpoints/index.ts';
import { sendToPeer, sendToRoom } from './messages.ts';
import {
  cancelDrain,
  drainNode,
  getNode,
  getPlacement,
  getTopRooms,
  listAudit,
  listNodes,
  listWorkers,
} from './node.ts';
import { allowPeer, banPeer, mutePeer } from './peer-actions.ts';
import { changePeer, getPeer, listPeers, removePeer } from './peers.ts';
import {
  allowProducer,
  closeProducer,
  getProducer,
  getProducerStats,
  listProducers,
  muteProducer,
} from './producers.ts';
import { changeRoom, closeRoom, createRoom, getRoom, getRoomState, listRooms, moveRoom } from './rooms.ts';
import { getPeerCourse, listTimeline } from './timelines.ts';
import { mintPeerToken } from './tokens.ts';
import { getTransportStats, listTransports } from './transports.ts';
import {
  discardDeadLetters,
  letInWebhook,
  listDeadLetters,
  listWebhooks,
  replayDeadLetters,
  resumeWebhook,
} from './webhooks.ts';

/** Every operation, by subject and in the order of the documentation. A new one is added here. */
export const operationsBySubject = {
  Rooms: [createRoom, listRooms, getRoom, getRoomState, changeRoom, moveRoom, closeRoom],
  Peers: [
    listPeers,
    getPeer,
    getPeerCourse,
    changePeer,
    removePeer,
    banPeer,
    mutePeer,
    allowPeer,
    listTransports,
    getTransportStats,
    listDataProducers,
    listDataConsumers,
    startCapture,
    getCapture,
    discardCapture,
  ],
  Producers: [listProducers, getProducer, getProducerStats, muteProducer, allowProducer, closeProducer],
  Consumers: [listConsumers, getConsumer, getConsumerStats, pauseConsumer, resumeConsumer, closeConsumer],
  ...mediaOperations,
  Messages: [sendToRoom, sendToPeer],
  Tokens: [mintPeerToken],
  Bans: [listBans, addBan, getBan, liftBan],
  Node: [
    getNode,
    listNodes,
    getPlacement,
    drainNode,
    cancelDrain,
    listWorkers,
    getTopRooms,
    listTimeline,
    listAudit,
  ],
  Webhooks: [
    listWebhooks,
    resumeWebhook,
    letInWebhook,
    listDeadLetters,
    replayDeadLetters,
    discardDeadLetters,
  ],
} as const;

export type Subject = keyof typeof operationsBySubject;

/** What each subject is. */
export const subjectDocs: Readonly<Record<Subject, string>> = {
  Rooms: 'Where peers meet. A room opens with its first peer, or beforehand with options of its own.',
  Peers: 'Who is in a room, and what they may do there.',
  Producers: 'The audio and video that peers publish.',
  Consumers: 'What peers receive of it, each by a consumer of its own.',
  Sessions: 'Rooms that belong to a program and end with it.',
  Endpoints: 'Peers that a program brings into rooms: telephones, encoders, other servers.',
  'Transports of endpoints': 'The RTP of an endpoint: its address, its ports and its encryption.',
  'Producers and consumers of endpoints':
    'What an endpoint sends into its room, and what it gets from there.',
  Messages: 'Texts that are shown to the people in a call.',
  Tokens: 'With which clients enter rooms.',
  Bans: 'Of identities, tokens and addresses, in one room or on the server.',
  Node: 'This server and those that form a mesh with it: drains, media workers, the audit log.',
  Webhooks: 'The receivers of events, and what could not be delivered to them.',
};

/** Any of the operations, with its own types. */
export type AnyOperation = (typeof operationsBySubject)[Subject][number];
export type OperationName = AnyOperation['name'];

/** All operations, for code that treats them alike. */
export const operations = Object.values(operationsBySubject).flat() as unknown as readonly Operation[];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation | undefined {
  return byName.get(name);
}

type OperationNamed<N extends OperationName> = Extract<AnyOperation, { readonly name: N }>;
/** The params and the result of an operation. */
export type OperationParams<N extends OperationName> = Static<OperationNamed<N>['params']>;
export type OperationResult<N extends OperationName> = Static<OperationNamed<N>['result']>;
