import * as consumers from './consumers.ts';
import * as endpoints from './endpoints.ts';
import * as producers from './producers.ts';
import * as sessions from './sessions.ts';
import * as transports from './transports.ts';

/** The operations for media that is not a WebRTC client's, by subject. They are part of the table of all operations. */
export const mediaOperations = {
  Sessions: [
    sessions.createSession,
    sessions.listSessions,
    sessions.getSession,
    sessions.closeSession,
    sessions.takeOverSession,
  ],
  Endpoints: [
    endpoints.createEndpoint,
    endpoints.listEndpoints,
    endpoints.getEndpoint,
    endpoints.closeEndpoint,
    endpoints.takeOverEndpoint,
  ],
  'Transports of endpoints': [
    transports.openPlainTransport,
    transports.openPipeTransport,
    transports.connectTransport,
    transports.closeEndpointTransport,
    transports.getEndpointTransportStats,
  ],
  'Producers and consumers of endpoints': [
    producers.produce,
    producers.pauseEndpointProducer,
    producers.resumeEndpointProducer,
    producers.closeEndpointProducer,
    consumers.consume,
    consumers.pauseEndpointConsumer,
    consumers.resumeEndpointConsumer,
    consumers.closeEndpointConsumer,
    consumers.requestEndpointKeyFrame,
  ],
} as const;
