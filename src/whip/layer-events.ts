import { SfuError } from '../core/errors.ts';
import type { EventName } from './event-names.ts';
import { layersOf } from './layers.ts';
import type { MediaSession } from './session.ts';

/** How often the layers are told with their bitrates, in milliseconds; it also keeps the connection alive. */
const layersInterval = 2000;
/** Streams that one session may have open; a player needs one. */
const mostStreams = 4;

/** Tells a player by server-sent events what it can watch. @throws SfuError limit_reached */
export function eventStream(session: MediaSession, names: readonly EventName[]): Response {
  if (session.streams.size >= mostStreams)
    throw new SfuError('limit_reached', `a session may have ${mostStreams} event streams; close one first`);
  const { room } = session.living;
  let stop = () => {};
  const body = new ReadableStream<string>({
    start(controller) {
      const send = (name: EventName, data: unknown) => {
        if (names.includes(name)) controller.enqueue(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      let cancel = () => {};
      const tellLayers = () => {
        layersOf(session)
          .then((layers) => {
            if (!session.streams.has(end)) return;
            send('layers', layers);
            cancel = room.context.clock.after(layersInterval, tellLayers);
          })
          // What is watched has just ended, and the stream with it.
          .catch(() => end());
      };
      const unsubscribe = followPauses(session, send);
      const end = () => {
        if (!session.streams.delete(end)) return;
        cancel();
        unsubscribe();
        controller.close();
      };
      stop = end;
      session.streams.add(end);
      session.onEnd(end);
      send(isPaused(session) ? 'inactive' : 'active', {});
      tellLayers();
    },
    cancel: () => stop(),
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers });
}

function isPaused({ watched }: MediaSession): boolean {
  return [...watched.values()].every(({ publication }) => publication.info.pausedBy.size > 0);
}

function followPauses(session: MediaSession, send: (name: EventName, data: unknown) => void): () => void {
  const { room } = session.living;
  const tell = ({ producerId }: { producerId: string }) => {
    const own = [...session.watched.values()].some(({ publication }) => publication.info.id === producerId);
    if (own) send(isPaused(session) ? 'inactive' : 'active', {});
  };
  const stops = [room.events.on('producerPaused', tell), room.events.on('producerResumed', tell)];
  return () => {
    for (const stop of stops) stop();
  };
}
