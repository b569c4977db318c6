import { Elysia } from 'elysia';
import { iceServersFor } from '../access/ice-servers.ts';
import { originAllowed } from '../access/origins.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { headerText, readId } from '../core/text.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { SignalingBus } from '../signaling/events.ts';
import { acceptAnswer } from './accept.ts';
import { Access, type AccessOptions, type OpenRequest } from './access.ts';
import { answerExtension, extensionLinks, extensionOf } from './extensions.ts';
import { optionsResponse, problemResponse, type Resource, readBody, refuseMethod, withCors } from './http.ts';
import { fragmentType, patchIce } from './patch.ts';
import { openPublisher, type PublisherOptions } from './publish.ts';
import { type SessionKind, WhipSession, WhipSessions } from './session.ts';
import { SessionLimits } from './session-limits.ts';
import { Turns } from './turns.ts';
import { openViewer, type ViewerOptions } from './watch.ts';

const sdp = 'application/sdp';
/** How many requests the opening of a session counts for: it takes a transport, and producers or consumers, of a worker. */
const openingCost = 4;

export interface WhipOptions extends AccessOptions {
  sfu: Sfu;
  /** Its bus carries the refusals of WHIP and WHEP too. */
  signaling: { readonly events: SignalingBus };
  log: Logger;
}

/** What the addresses of WHIP and WHEP take. Those below a session are in extensions.ts. */
const endpoint: Resource = { methods: ['OPTIONS', 'GET', 'HEAD', 'POST'], acceptPost: sdp };
const sessionResources: Readonly<Record<SessionKind, Resource>> = {
  whip: { methods: ['OPTIONS', 'GET', 'HEAD', 'PATCH', 'DELETE'], acceptPatch: fragmentType },
  whep: { methods: ['OPTIONS', 'GET', 'HEAD', 'PATCH', 'DELETE'], acceptPatch: `${fragmentType}, ${sdp}` },
};

/** The parts of an address: /whip/:room, /whip/:room/:session and what is below; the same for /whep. */
interface Target {
  readonly kind: SessionKind;
  readonly roomId: string;
  readonly id?: string;
  readonly subPath: readonly string[];
}

/** WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): media in and out by one HTTP request. */
export class Whip {
  readonly #access: Access;
  readonly #sessions: WhipSessions;
  readonly #limits: SessionLimits;
  readonly #turns = new Turns();

  constructor(private readonly options: WhipOptions) {
    this.#access = new Access(options);
    this.#sessions = new WhipSessions(options.clock);
    this.#limits = new SessionLimits(options.config);
  }

  get plugin() {
    const handle = ({ request, server }: { request: Request; server: Bun.Server<unknown> | null }) =>
      this.handle(request, server?.requestIP(request)?.address ?? '');
    // Elysia does not parse bodies: they are read below, up to a limit and after the checks that need no body.
    return new Elysia({ name: 'whip', normalize: false })
      .all('/whip/*', handle, { parse: 'none' })
      .all('/whep/*', handle, { parse: 'none' });
  }

  /** Answers a request. @param remoteAddress the other end of its connection */
  async handle(request: Request, remoteAddress: string): Promise<Response> {
    const path = new URL(request.url).pathname;
    const resource = resourceOf(path);
    try {
      const { programs } = this.options;
      const cost = request.method === 'POST' ? openingCost : 1;
      programs.requirePace(request, remoteAddress, cost);
      programs.requireOrigin(request);
      const target = readTarget(path);
      if (!target || !resource) throw new SfuError('not_found', nothingHere);
      return withCors(request, await this.#answer({ request, remoteAddress, target, resource }));
    } catch (thrown) {
      const error = toSfuError(thrown);
      // The address of a session is a secret, so it is not logged.
      if (error.code === 'internal')
        this.options.log.error('a WHIP or WHEP request failed', { error: error.cause });
      const response = problemResponse(error, resource ?? endpoint, request);
      return originAllowed(request, this.options.config) ? withCors(request, response) : response;
    }
  }

  async #answer(incoming: {
    request: Request;
    remoteAddress: string;
    target: Target;
    resource: Resource;
  }): Promise<Response> {
    const { request, remoteAddress, target, resource } = incoming;
    if (request.method === 'OPTIONS') return optionsResponse(resource);
    if (!resource.methods.includes(request.method)) refuseMethod(request, resource);
    const { kind, roomId, id, subPath } = target;
    if (id === undefined) {
      // GET and HEAD are allowed but show nothing (RFC 9725, section 4.1).
      if (request.method !== 'POST') return new Response(null, { status: 204 });
      return await this.#open(kind, { request, remoteAddress, roomId }).catch((error: unknown) => {
        const { code, message: detail } = toSfuError(error);
        const address = this.options.programs.addressOf(request, remoteAddress);
        this.options.signaling.events.emit('connectionRefused', { code, detail, roomId, address });
        throw error;
      });
    }
    if (request.method === 'DELETE' && subPath.length === 0) {
      this.#sessions.leave({ kind, roomId, id });
      return new Response(null, { status: 200 });
    }
    const session = this.#sessions.find({ kind, roomId, id });
    if (subPath.length > 0) return await answerExtension(session, request, subPath);
    return request.method === 'PATCH' ? await patch(session, request) : new Response(null, { status: 204 });
  }

  async #open(kind: SessionKind, asked: OpenRequest): Promise<Response> {
    const { sfu, config } = this.options;
    const { request, roomId } = asked;
    const identity = await (kind === 'whip' ? this.#access.publisher(asked) : this.#access.viewer(asked));
    const { text } = await readBody(request, [sdp]);
    const replaces = sfu.rooms.get(roomId)?.peers.has(identity.peerId) ?? false;
    const release = this.#limits.reserve({ kind, identity, replaces });
    const { whipConnectSeconds: connectSeconds, publicUrl } = config;
    const session = new WhipSession({ kind, roomId, connectSeconds, publicUrl });
    session.onEnd(release);
    try {
      const options = { sfu, identity, request, text, session };
      // A token that opens all its sessions at once would take the loop from the others for as long as they need.
      const client = JSON.stringify([roomId, identity.subject]);
      return await this.#turns.take(client, () =>
        kind === 'whip' ? this.#openPublisher(options) : this.#openViewer(options),
      );
    } catch (error) {
      release();
      throw error;
    }
  }

  async #openPublisher(options: PublisherOptions): Promise<Response> {
    const answer = await openPublisher(options);
    return this.#created(options.session, options.identity.peerId, answer);
  }

  async #openViewer(options: ViewerOptions): Promise<Response> {
    const { description, isCounterOffer } = await openViewer(options);
    const response = this.#created(options.session, options.identity.peerId, description);
    // 406: the player's offer is not taken, and the body is an offer for it to answer (draft-ietf-wish-whep-03, 4.2.2).
    return isCounterOffer
      ? new Response(response.body, { status: 406, headers: response.headers })
      : response;
  }

  #created(session: WhipSession, peerId: string, description: string): Response {
    this.#sessions.add(session);
    const { config, clock } = this.options;
    const headers = new Headers({
      'content-type': sdp,
      location: session.address,
      etag: session.etag,
      'accept-patch': sessionResources[session.kind].acceptPatch ?? fragmentType,
    });
    // The user name of a TURN server holds the id, and goes into a header here.
    const iceServers = iceServersFor(config, headerText(peerId), clock.now());
    for (const link of iceLinks(iceServers)) headers.append('link', link);
    for (const link of extensionLinks(session)) headers.append('link', link);
    return new Response(description, { status: 201, headers });
  }
}

async function patch(session: WhipSession, request: Request): Promise<Response> {
  const types = session.kind === 'whep' ? [fragmentType, sdp] : [fragmentType];
  const { type, text } = await readBody(request, types);
  return type === sdp ? await acceptAnswer(session, text) : await patchIce(session, request, text);
}

function resourceOf(path: string): Resource | undefined {
  const { kind, id, subPath = [] } = readTarget(path) ?? {};
  if (kind === undefined) return undefined;
  if (id === undefined) return endpoint;
  if (subPath.length === 0) return sessionResources[kind];
  return kind === 'whep' ? extensionOf(subPath) : undefined;
}

function readTarget(path: string): Target | undefined {
  const [, kind, room = '', id, ...subPath] = path.split('/').map(decode);
  const roomId = readId(room);
  if ((kind !== 'whip' && kind !== 'whep') || roomId === undefined) return undefined;
  if (id === undefined || id === '') return { kind, roomId, subPath: [] };
  return { kind, roomId, id, subPath };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** One Link header for each URL of an ICE server (RFC 9725, section 4.6). */
function iceLinks(servers: ReturnType<typeof iceServersFor>): string[] {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  return servers.flatMap(({ urls, username, credential }) =>
    [urls].flat().map((url) => {
      const login =
        username === undefined || credential === undefined
          ? ''
          : `; username=${quoted(username)}; credential=${quoted(credential)}; credential-type="password"`;
      return `<${url}>; rel="ice-server"${login}`;
    }),
  );
}

const nothingHere =
  'there is nothing at this address; use /whip/:room, /whep/:room, or the Location of a session';
