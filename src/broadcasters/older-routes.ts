import { checked } from '../wire/check.ts';
import * as media from './media.ts';
import { type Call, checkedId, json, one, type Route } from './route.ts';
import * as schemas from './schemas.ts';

/** Makes a broadcaster that joins at once, and says what it could receive. */
export async function createOlder({ broadcasters, caller, roomId, body }: Call): Promise<Response> {
  const { id, ...options } = checked(schemas.olderCreate, body, 'a broadcaster');
  const broadcaster = await broadcasters.create(caller, {
    ...options,
    roomId,
    peerId: checkedId(id, 'id'),
  });
  broadcasters.join(broadcaster);
  // Without rtpCapabilities it does not receive, and needs to know of nobody.
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

/** Calls of the older scripts alone: ids stand in the address. */
export const older: readonly Route[] = [
  {
    verb: 'POST',
    path: `${one}/transports/:transportId/producers`,
    async run({ broadcaster, param, body }) {
      const track = checked(schemas.produce, body, 'a producer');
      return json({ id: await media.produce(broadcaster(), param('transportId'), track) });
    },
  },
  {
    verb: 'POST',
    path: `${one}/transports/:transportId/consume`,
    async run({ broadcaster, param, query }) {
      const data = { producerId: query.get('producerId') ?? undefined };
      const { producerId } = checked(schemas.consume, data, 'the query of consume');
      const request = { transportId: param('transportId'), producerId, paused: false };
      return json(await media.consume(broadcaster(), request));
    },
  },
  {
    verb: 'POST',
    path: `${one}/transports/:transportId/produce/data`,
    async run({ broadcaster, param, body }) {
      const request = checked(schemas.produceData, body, 'a data producer');
      const transportId = param('transportId');
      return json({ id: await media.produceData(broadcaster(), { ...request, transportId }) });
    },
  },
  {
    verb: 'POST',
    path: `${one}/transports/:transportId/consume/data`,
    async run({ broadcaster, param, body }) {
      const { dataProducerId } = checked(schemas.consumeData, body, 'a data consumer');
      const request = { transportId: param('transportId'), dataProducerId };
      return json(await media.consumeData(broadcaster(), request));
    },
  },
];
