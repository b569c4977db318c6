import { SfuError } from '../core/errors.ts';
import { eventNames, readEventNames } from './event-names.ts';
import { type Resource, readBody } from './http.ts';
import { eventStream } from './layer-events.ts';
import { chooseLayer } from './layers.ts';
import type { WhipSession } from './session.ts';

const json = 'application/json';

/** The extensions of WHEP (draft-ietf-wish-whep-03, section 4.9): choosing a layer, and events about the layers. */
const resources: Readonly<Record<'layer' | 'events' | 'stream', Resource>> = {
  layer: { methods: ['OPTIONS', 'POST'], acceptPost: json },
  events: { methods: ['OPTIONS', 'GET', 'POST'], acceptPost: json },
  stream: { methods: ['OPTIONS', 'GET', 'DELETE'] },
};

/** The resource below the address of a session; undefined when there is none. */
export function extensionOf(subPath: readonly string[]): Resource | undefined {
  const [first, stream, more] = subPath;
  if (more !== undefined) return undefined;
  if (first === 'layer' && stream === undefined) return resources.layer;
  if (first !== 'events') return undefined;
  return stream === undefined ? resources.events : resources.stream;
}

/** The Link headers that announce the extensions. */
export function extensionLinks({ kind, address }: WhipSession): string[] {
  if (kind === 'whip') return [];
  const urn = 'urn:ietf:params:whep:ext:core';
  return [
    `<${address}/layer>; rel="${urn}:layer"`,
    `<${address}/events>; rel="${urn}:server-sent-events"; events="${eventNames.join(',')}"`,
  ];
}

/** Answers a request below the address of a session. */
export async function answerExtension(
  session: WhipSession,
  request: Request,
  subPath: readonly string[],
): Promise<Response> {
  const [first, id] = subPath;
  if (first === 'layer') {
    await chooseLayer(session, (await readBody(request, [json])).text);
    return new Response(null, { status: 200 });
  }
  if (id === undefined) return await answerEvents(session, request);
  const names = session.createdStreams.get(id);
  if (!names) throw new SfuError('not_found', 'there is no such event stream; it may have been deleted');
  if (request.method === 'GET') return eventStream(session, names);
  session.createdStreams.delete(id);
  return new Response(null, { status: 200 });
}

/** Event streams that a player may have created and not deleted. */
const maxCreatedStreams = 16;

async function answerEvents(session: WhipSession, request: Request): Promise<Response> {
  // Players in use do not create a stream first: they GET this address and expect all events.
  if (request.method === 'GET') return eventStream(session, eventNames);
  const names = readEventNames(request.body === null ? '' : (await readBody(request, [json])).text);
  if (session.createdStreams.size >= maxCreatedStreams)
    throw new SfuError(
      'limit_reached',
      `a session may have ${maxCreatedStreams} event streams; delete one first`,
    );
  const id = crypto.randomUUID().slice(0, 8);
  session.createdStreams.set(id, names);
  return new Response(null, { status: 201, headers: { location: `${session.address}/events/${id}` } });
}
