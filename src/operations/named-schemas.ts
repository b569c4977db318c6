import type { TSchema } from '@sinclair/typebox';
import { RtpCapabilities, RtpParameters } from '../wire/rtp.ts';
import {
  EndpointConsumer,
  EndpointInfo,
  EndpointProducer,
  SessionInfo,
  SrtpParameters,
  TransportInfo,
} from './endpoint-schemas.ts';
import { AuditEntry, Node, Worker } from './node-schemas.ts';
import {
  Ban,
  Consumer,
  Grants,
  Metadata,
  Peer,
  Producer,
  Room,
  RoomOptions,
  RoomState,
  Stats,
  Token,
  TopRooms,
  Transport,
} from './schemas.ts';

/** The schemas that the documents show under a name of their own. */
export const namedSchemas: Readonly<Record<string, TSchema>> = {
  Room,
  RoomOptions,
  RoomState,
  Peer,
  Grants,
  Transport,
  Producer,
  Consumer,
  Stats,
  Ban,
  AuditEntry,
  Worker,
  Node,
  TopRooms,
  Token,
  Metadata,
  Session: SessionInfo,
  Endpoint: EndpointInfo,
  RtpTransport: TransportInfo,
  EndpointProducer,
  EndpointConsumer,
  SrtpParameters,
  RtpCapabilities,
  RtpParameters,
};
