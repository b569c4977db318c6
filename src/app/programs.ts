import { type AnyElysia, Elysia } from 'elysia';
import type { ApiAccess } from '../access/api-access.ts';
import type { Mesh } from '../cluster/mesh.ts';
import { ControlSocket } from '../controllers/control-socket.ts';
import type { Logger } from '../core/log.ts';
import { nodePlace } from '../host/addresses.ts';
import { Holdings } from '../operations/holdings/holdings.ts';
import type { ControlServices } from '../operations/operation.ts';
import { EventStream } from '../public-events/stream.ts';
import { restPlugin } from '../rest/plugin.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import type { SocketData } from '../wire/socket.ts';
import { shareEvents } from './shared-events.ts';
import { eventsOfOneNode, startToldOnce } from './told-once.ts';

export interface ProgramsOptions {
  /** What operations act on, except what is made here. */
  readonly services: Omit<ControlServices, 'holdings' | 'sfu'> & { readonly sfu: Sfu };
  /** This node among others; undefined for a server that is alone. */
  readonly mesh: Mesh | undefined;
  /** Finds the program that a request comes from. */
  readonly access: ApiAccess;
  readonly log: Logger;
  /** Tureen's version. */
  readonly version: string;
  /** Where they register how they are ended. */
  readonly ends: AsyncDisposableStack;
}

/** What programs use: REST, the control socket and webhooks. */
export interface Programs {
  /** What is mounted on the main port. */
  readonly plugin: AnyElysia;
  /** What happens on this node, for programs that follow it. */
  readonly events: EventStream;
  /** The endpoints and sessions that programs hold. */
  readonly holdings: Holdings;
  /** Call it after the configuration was read again. */
  followConfig(): void;
}

/** @throws Error when the webhooks of the configuration cannot be read */
export function startPrograms({
  services: given,
  mesh,
  access,
  log,
  version,
  ends,
}: ProgramsOptions): Programs {
  const { config, sfu, store, clock } = given;
  const inMesh = mesh && { except: eventsOfOneNode, lifeOf: (roomId: string) => sfu.mesh.lives.of(roomId) };
  const { node } = nodePlace(config);
  const events = ends.adopt(new EventStream({ events: sfu.events, clock, node, ...inMesh }), (stream) =>
    stream.close(),
  );
  if (mesh) shareEvents({ mesh, stream: events, clock, ends });
  const webhooks = ends.adopt(
    new Webhooks({ config, events, outbox: store.webhooks, clock, log }),
    (started) => started.stop(),
  );
  webhooks.start();
  const { held } = store.webhooks;
  if (mesh) startToldOnce({ mesh, sfu, stream: events, webhooks, held, clock, log, ends });
  // Nobody else can have told what is left of a mesh that is none any more.
  else for (const { eventId } of held.all()) void held.release(eventId);
  const graceSeconds = config.controllerGraceSeconds;
  const holdings = ends.adopt(new Holdings({ sfu, clock, graceSeconds }), (all) => all.close());
  const services = { ...given, holdings };
  const controlSocket = ends.adopt(new ControlSocket({ access, services, stream: events, log }), (socket) =>
    socket.close(),
  );
  const followKeys = store.facts.onChange((changes) => {
    if (changes.some(({ fact }) => fact.kind === 'key')) controlSocket.checkKeys();
  });
  ends.defer(followKeys);
  const plugin = new Elysia({ name: 'programs', normalize: false })
    .use(restPlugin({ services, access, log, version }))
    .get('/control', ({ request, server }) =>
      // It is the server that got our socket handlers; Elysia's type does not say so.
      controlSocket.upgrade(request, server as unknown as Bun.Server<SocketData>),
    );
  return { plugin, events, holdings, followConfig: () => webhooks.followConfig() };
}
