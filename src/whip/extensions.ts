import { SfuError } from '../core/errors.ts';
import { eventNames, readEventNames } from './event-names.ts';
import { type Resource, readBody } from './http.ts';
import { eventStream } from './layer-events.ts';
import { chooseLayer } from './layers.ts';
import type { MediaSession } from './session.ts';

const json = 'application/json';

/** The extensions of WHEP (draft-ietf-wish-whep-03, section 4.9): what is sent in which layers, and the choice of one. */
const resources: Readonly<Record<'layer' | 'events' | 'stream', Resource>> = {
  layer: { methods: ['OPTIONS', 'POST'], acceptPost: json },
  events: { methods: ['OPTIONS', 'GET', 'POST'], acceptPost: json },
  stream: { methods: ['OPTIONS', 'GET', 'DELETE'] },
};

/** What stands below the address of a session; undefined where there is nothing. */
export function extensionOf(rest: readonly string[]): Resource | undefined {
  const [first, stream, more] = rest;
  if (more !== undefined) return undefined;
  if (first === 'layer' && stream === undefined) return resources.layer;
  if (first !== 'events') return undefined;
  return stream === undefined ? resources.events : resources.stream;
}

/** The Link headers that announce the extensions. */
export function extensionLinks({ kind, path }: MediaSession): string[] {
  if (kind === 'whip') return [];
  const urn = 'urn:ietf:params:whep:ext:core';
  return [
    `<${path}/layer>; rel="${urn}:layer"`,
    `<${path}/events>; rel="${urn}:server-sent-events"; events="${eventNames.join(',')}"`,
  ];
}

/** Answers a request below the address of a session. */
export async function answerExtension(
  session: MediaSession,
  request: Request,
  rest: readonly string[],
): Promise<Response> {
  const [first, id] = rest;
  if (first === 'layer') {
    await chooseLayer(session, (await readBody(request, [json])).text);
    return new Response(null, { status: 200 });
  }
  if (id === undefined) return await openEvents(session, request);
  const names = session.eventNames.get(id);
  if (!names) throw new SfuError('not_found', 'there is no such event stream; it may have been deleted');
  if (request.method === 'GET') return eventStream(session, names);
  session.eventNames.delete(id);
  return new Response(null, { status: 200 });
}

/** Streams that a player announced and did not delete. */
const mostAnnounced = 16;

async function openEvents(session: MediaSession, request: Request): Promise<Response> {
  // Players in use open the stream at once, with all events.
  if (request.method === 'GET') return eventStream(session, eventNames);
  const names = readEventNames(request.body === null ? '' : (await readBody(request, [json])).text);
  if (session.eventNames.size >= mostAnnounced)
    throw new SfuError(
      'limit_reached',
      `a session may announce ${mostAnnounced} event streams; delete one first`,
    );
  const id = crypto.randomUUID().slice(0, 8);
  session.eventNames.set(id, names);
  return new Response(null, { status: 201, headers: { location: `${session.path}/events/${id}` } });
}
