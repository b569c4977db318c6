import { checked } from '../wire/check.ts';
import * as media from './media.ts';
import { json, one, type Route, text } from './route.ts';
import * as schemas from './schemas.ts';

/** Calls of the newer scripts alone: ids stand in the body. */
export const newer: readonly Route[] = [
  {
    verb: 'POST',
    path: `${one}/join`,
    run({ broadcasters, broadcaster }) {
      broadcasters.join(broadcaster());
      return text('joined');
    },
  },
  {
    verb: 'POST',
    path: `${one}/producers`,
    async run({ broadcaster, body }) {
      const { transportId, ...track } = checked(schemas.newerProduce, body, 'a producer');
      return json({ producerId: await media.produce(broadcaster(), transportId, track) }, 201);
    },
  },
  {
    verb: 'GET',
    path: `${one}/peerProducersInfos`,
    run({ broadcaster }) {
      const peerProducersInfos = media.othersOf(broadcaster()).map(({ peer, publications }) => ({
        peerId: peer.id,
        producers: publications.map(({ info, handle }) => ({
          producerId: info.id,
          kind: info.kind,
          source: info.source,
          consumableCodecs: handle.consumableCodecs,
        })),
      }));
      return json({ peerProducersInfos });
    },
  },
  {
    verb: 'POST',
    path: `${one}/consumers`,
    async run({ broadcaster, body }) {
      const { paused = false, ...rest } = checked(schemas.newerConsume, body, 'a consumer');
      const { id, ...consumer } = await media.consume(broadcaster(), { ...rest, paused });
      return json({ consumerId: id, ...consumer }, 201);
    },
  },
  {
    verb: 'POST',
    path: `${one}/consumers/:consumerId/resume`,
    async run({ broadcaster, param }) {
      await media.resumeConsumer(broadcaster(), param('consumerId'));
      return text('resumed');
    },
  },
];
