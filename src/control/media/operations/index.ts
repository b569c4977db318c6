import * as consumers from './consumers.ts';
import * as endpoints from './endpoints.ts';
import * as producers from './producers.ts';
import * as sessions from './sessions.ts';
import * as transports from './transports.ts';

/** The operations on media that is not a WebRTC client's. They are part of the table of all operations. */
export const mediaOperations = [
  sessions.createSession,
  sessions.listSessions,
  sessions.closeSession,
  sessions.takeOverSession,
  endpoints.createEndpoint,
  endpoints.listEndpoints,
  endpoints.getEndpoint,
  endpoints.closeEndpoint,
  endpoints.takeOverEndpoint,
  transports.openPlainTransport,
  transports.openPipeTransport,
  transports.connectTransport,
  transports.closeEndpointTransport,
  transports.getEndpointTransportStats,
  producers.produce,
  producers.pauseEndpointProducer,
  producers.resumeEndpointProducer,
  producers.closeEndpointProducer,
  consumers.consume,
  consumers.pauseEndpointConsumer,
  consumers.resumeEndpointConsumer,
  consumers.closeEndpointConsumer,
  consumers.requestEndpointKeyFrame,
] as const;
