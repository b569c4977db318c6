import { checked, requireId } from '../wire/check.ts';
import * as media from './media.ts';
import { createAndJoin } from './older-routes.ts';
import { broadcasterPath, json, type Route, text } from './route.ts';
import * as schemas from './schemas.ts';

/** Routes that the older and the newer scripts share. The request shows which of the two it comes from. */
export const sharedRoutes: readonly Route[] = [
  {
    verb: 'GET',
    path: '/rooms/:roomId',
    async run({ sfu, roomId }) {
      if (!sfu.rooms.has(roomId)) await sfu.createRoom({ roomId });
      const { rtpCapabilities } = sfu.room(roomId).routers;
      // The older scripts read the capabilities at the top level, the newer ones below routerRtpCapabilities.
      return json({ ...rtpCapabilities, routerRtpCapabilities: rtpCapabilities });
    },
  },
  {
    verb: 'POST',
    path: '/rooms/:roomId/broadcasters',
    async run(context) {
      if (!('peerId' in context.body)) return await createAndJoin(context);
      const { broadcasters, caller, roomId, body } = context;
      const options = checked(schemas.newerCreate, body, 'a broadcaster');
      const peerId = requireId('peerId', options.peerId);
      await broadcasters.create(caller, { ...options, roomId, peerId });
      const location = `/rooms/${encodeURIComponent(roomId)}/broadcasters/${encodeURIComponent(peerId)}`;
      return text('created; it joins by POST to this address and /join', 201, { location });
    },
  },
  {
    verb: 'DELETE',
    path: broadcasterPath,
    run({ broadcasters, broadcaster }) {
      broadcasters.remove(broadcaster());
      // The newer scripts expect 204, the older ones any success.
      return new Response(null, { status: 204 });
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports`,
    async run({ broadcaster, body }) {
      const data = checked(schemas.openTransport, body, 'a transport');
      const { type, appData, direction = appData?.direction, rtcpMux = false, sctpCapabilities } = data;
      if (type === 'webrtc') {
        const opened = await media.openWebRtc(broadcaster());
        return direction === undefined ? json(opened) : json({ ...opened, transportId: opened.id }, 201);
      }
      const receives = direction === 'consumer' || direction === 'recv';
      const { comedia = !receives } = data;
      const { id, ...place } = await media.openPlain(broadcaster(), {
        comedia,
        rtcpMux,
        producing: !receives,
        // The older scripts give no direction: their transports may send and receive.
        consuming: direction === undefined || receives,
        sctp: sctpCapabilities !== undefined,
      });
      return direction === undefined ? json({ id, ...place }) : json({ transportId: id, ...place }, 201);
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/connect`,
    async run({ broadcaster, param, body }) {
      const remote = checked(schemas.connect, body, 'the other side of a transport');
      await media.connect(broadcaster(), param('transportId'), remote);
      return text('connected');
    },
  },
];
