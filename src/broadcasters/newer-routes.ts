import { checked } from '../wire/check.ts';
import * as media from './media.ts';
import { broadcasterPath, json, type Route, text } from './route.ts';
import * as schemas from './schemas.ts';

/** Routes for the newer scripts only: they put ids into the body. */
export const newerRoutes: readonly Route[] = [
  {
    verb: 'POST',
    path: `${broadcasterPath}/join`,
    run({ broadcasters, broadcaster }) {
      broadcasters.join(broadcaster());
      return text('joined');
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/producers`,
    async run({ broadcaster, body }) {
      const { transportId, ...track } = checked(schemas.newerProduce, body, 'a producer');
      return json({ producerId: await media.produce(broadcaster(), transportId, track) }, 201);
    },
  },
  {
    verb: 'GET',
    path: `${broadcasterPath}/peerProducersInfos`,
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
    path: `${broadcasterPath}/consumers`,
    async run({ broadcaster, body }) {
      const { paused = false, ...rest } = checked(schemas.newerConsume, body, 'a consumer');
      const { id, ...consumer } = await media.consume(broadcaster(), { ...rest, paused });
      return json({ consumerId: id, ...consumer }, 201);
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/consumers/:consumerId/resume`,
    async run({ broadcaster, param }) {
      await media.resumeConsumer(broadcaster(), param('consumerId'));
      return text('resumed');
    },
  },
];
