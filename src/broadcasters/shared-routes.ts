import { checked } from '../wire/check.ts';
import * as media from './media.ts';
import { createOlder } from './older.ts';
import { checkedId, json, one, type Route, text } from './route.ts';
import * as schemas from './schemas.ts';

/** Calls that the older and the newer scripts make at the same address; the body tells the two apart. */
export const both: readonly Route[] = [
  {
    verb: 'GET',
    path: '/rooms/:roomId',
    async run({ sfu, roomId }) {
      if (!sfu.rooms.has(roomId)) await sfu.createRoom({ roomId });
      const { rtpCapabilities } = sfu.room(roomId).routers;
      // The older scripts take the answer itself, the newer ones what is in it.
      return json({ ...rtpCapabilities, routerRtpCapabilities: rtpCapabilities });
    },
  },
  {
    verb: 'POST',
    path: '/rooms/:roomId/broadcasters',
    async run(call) {
      if (!('peerId' in call.body)) return await createOlder(call);
      const { broadcasters, caller, roomId, body } = call;
      const options = checked(schemas.newerCreate, body, 'a broadcaster');
      const peerId = checkedId(options.peerId, 'peerId');
      await broadcasters.create(caller, { ...options, roomId, peerId });
      const location = `/rooms/${encodeURIComponent(roomId)}/broadcasters/${encodeURIComponent(peerId)}`;
      return text('created; it joins by POST to this address and /join', 201, { location });
    },
  },
  {
    verb: 'DELETE',
    path: one,
    run({ broadcasters, broadcaster }) {
      broadcasters.remove(broadcaster());
      // The newer scripts look for 204, the older ones only for success.
      return new Response(null, { status: 204 });
    },
  },
  {
    verb: 'POST',
    path: `${one}/transports`,
    async run({ broadcaster, body }) {
      const data = checked(schemas.openTransport, body, 'a transport');
      const { type, direction, rtcpMux = false, sctpCapabilities } = data;
      if (type === 'webrtc') return json(await media.openWebRtc(broadcaster()));
      const receives = direction === 'consumer' || direction === 'recv';
      const { comedia = !receives } = data;
      const { id, ...place } = await media.openPlain(broadcaster(), {
        comedia,
        rtcpMux,
        producing: !receives,
        // The older scripts say no direction and may do both.
        consuming: direction === undefined || receives,
        sctp: sctpCapabilities !== undefined,
      });
      return direction === undefined ? json({ id, ...place }) : json({ transportId: id, ...place }, 201);
    },
  },
  {
    verb: 'POST',
    path: `${one}/transports/:transportId/connect`,
    async run({ broadcaster, param, body }) {
      const remote = checked(schemas.connect, body, 'the other side of a transport');
      await media.connect(broadcaster(), param('transportId'), remote);
      return text('connected');
    },
  },
];
