import { checked, requireId } from '../wire/check.ts';
import * as media from './media.ts';
import { consumeByBody } from './receiver-routes.ts';
import { broadcasterPath, json, type Route, type RouteContext } from './route.ts';
import * as schemas from './schemas.ts';

/** Creates a broadcaster that joins at once, and answers with what it can receive. */
export async function createAndJoin({ broadcasters, caller, roomId, body }: RouteContext): Promise<Response> {
  const { id, ...options } = checked(schemas.olderCreate, body, 'a broadcaster');
  const broadcaster = await broadcasters.create(caller, {
    ...options,
    roomId,
    peerId: requireId('id', id),
  });
  broadcasters.join(broadcaster);
  // Without rtpCapabilities it cannot receive anything.
  const others = options.rtpCapabilities ? media.othersOf(broadcaster) : [];
  const peers = others.map(({ peer, publications }) => ({
    id: peer.id,
    displayName: peer.displayName,
    device: peer.device,
    producers: publications
      .filter((publication) => media.canReceive(broadcaster, publication))
      .map(({ info }) => ({ id: info.id, kind: info.kind })),
  }));
  return json({ peers });
}

/** Routes for the older scripts only: they put ids into the path. */
export const olderRoutes: readonly Route[] = [
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/producers`,
    async run({ broadcaster, param, body }) {
      const track = checked(schemas.produce, body, 'a producer');
      return json({ id: await media.produce(broadcaster(), param('transportId'), track) });
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/consume`,
    async run(context) {
      const { broadcaster, param, query, body } = context;
      if ('producerId' in body) return await consumeByBody(context);
      const data = { producerId: query.get('producerId') ?? undefined };
      const { producerId } = checked(schemas.consume, data, 'the query of consume');
      const request = { transportId: param('transportId'), producerId, paused: false };
      return json(await media.consume(broadcaster(), request));
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/produce/data`,
    async run({ broadcaster, param, body }) {
      const request = checked(schemas.produceData, body, 'a data producer');
      const transportId = param('transportId');
      return json({ id: await media.produceData(broadcaster(), { ...request, transportId }) });
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/consume/data`,
    async run({ broadcaster, param, body }) {
      const { dataProducerId } = checked(schemas.consumeData, body, 'a data consumer');
      const request = { transportId: param('transportId'), dataProducerId };
      return json(await media.consumeData(broadcaster(), request));
    },
  },
];
