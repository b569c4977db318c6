import { SfuError } from '../core/errors.ts';
import type { EventName } from './event-names.ts';
import { layersOf } from './layers.ts';
import type { WhipSession } from './session.ts';

/** How often the layers and their bitrates are sent, in milliseconds; this also keeps the connection alive. */
const layersIntervalMs = 2000;
/** Streams that a session may have open at once; a player needs one. */
const maxOpenStreams = 4;

/** Opens a stream of server-sent events about what a player can watch. @throws SfuError limit_reached, gone */
export function eventStream(session: WhipSession, names: readonly EventName[]): Response {
  if (session.eventStreams.size >= maxOpenStreams)
    throw new SfuError(
      'limit_reached',
      `a session may have ${maxOpenStreams} event streams open; close one first`,
    );
  const { room } = session.requireOpen();
  let stop = () => {};
  const body = new ReadableStream<string>({
    start(controller) {
      const send = (name: EventName, data: unknown) => {
        if (names.includes(name)) controller.enqueue(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      let cancel = () => {};
      const sendLayers = () => {
        layersOf(session)
          .then((layers) => {
            if (!session.eventStreams.has(end)) return;
            send('layers', layers);
            cancel = room.context.clock.after(layersIntervalMs, sendLayers);
          })
          // A publication has just ended: the stream ends too.
          .catch(() => end());
      };
      const unsubscribe = followPauses(session, send);
      const end = () => {
        if (!session.eventStreams.delete(end)) return;
        cancel();
        unsubscribe();
        controller.close();
      };
      stop = end;
      session.eventStreams.add(end);
      session.onEnd(end);
      send(isPaused(session) ? 'inactive' : 'active', {});
      sendLayers();
    },
    cancel: () => stop(),
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers });
}

/** Whether everything that the player watches is paused. */
function isPaused({ subscriptions }: WhipSession): boolean {
  return [...subscriptions.values()].every(({ publication }) => publication.info.pausedBy.size > 0);
}

function followPauses(session: WhipSession, send: (name: EventName, data: unknown) => void): () => void {
  const { room } = session.requireOpen();
  const onChange = ({ producerId }: { producerId: string }) => {
    const subscriptions = [...session.subscriptions.values()];
    const isWatched = subscriptions.some(({ publication }) => publication.info.id === producerId);
    if (isWatched) send(isPaused(session) ? 'inactive' : 'active', {});
  };
  const unsubscribes = [
    room.events.on('producerPaused', onChange),
    room.events.on('producerResumed', onChange),
  ];
  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
  };
}
