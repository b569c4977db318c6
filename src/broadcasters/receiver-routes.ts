import { checked } from '../wire/check.ts';
import type { Broadcaster, Broadcasters } from './broadcasters.ts';
import * as media from './media.ts';
import { broadcasterPath, json, type Route, type RouteContext, text } from './route.ts';
import * as schemas from './schemas.ts';

/**
 * The receiving scripts between the older and the newest ones: they name the transport in the path and the rest in the
 * body, and resume below the transport.
 */
export async function consumeByBody(context: RouteContext): Promise<Response> {
  const { broadcasters, broadcaster, param, body } = context;
  const { paused = false, ...rest } = checked(schemas.consumeOverTransport, body, 'a consumer');
  const receiver = broadcaster();
  joinOnce(broadcasters, receiver);
  const consumer = await media.consume(receiver, { ...rest, paused, transportId: param('transportId') });
  return json({ consumerId: consumer.id, ...consumer }, 201);
}

/** The first of these scripts never join. */
function joinOnce(broadcasters: Broadcasters, broadcaster: Broadcaster): void {
  if (!broadcaster.peer.joined) broadcasters.join(broadcaster);
}

export const receiverRoutes: readonly Route[] = [
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/resume`,
    async run({ broadcaster, param, body }) {
      const { consumerId } = checked(schemas.resumeOverTransport, body, 'resuming a consumer');
      await media.resumeConsumer(broadcaster(), consumerId, param('transportId'));
      return text('resumed');
    },
  },
  {
    verb: 'POST',
    path: `${broadcasterPath}/transports/:transportId/consumers/:consumerId/resume`,
    async run({ broadcaster, param }) {
      await media.resumeConsumer(broadcaster(), param('consumerId'), param('transportId'));
      return text('resumed');
    },
  },
];
