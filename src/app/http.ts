import { type AnyElysia, Elysia } from 'elysia';
import type { Measurements } from '../../metrics/measurements.ts';
import { metricsPlugin } from '../../metrics/plugin.ts';
import type { Config } from '../config/config.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import { hostSetting, refuseBadHost } from '../core/host-header.ts';
import type { Logger } from '../core/log.ts';
import type { Legacy } from '../legacy/legacy.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { type AnyNode, originsOf } from '../signaling/nodes.ts';
import type { Signaling } from '../signaling/signaling.ts';
import type { SocketData } from '../wire/socket.ts';
import type { Admin } from './admin.ts';
import { type FileReserve, noRoom } from './file-reserve.ts';
import { healthPlugin } from './health.ts';
import { type PageFile, pagePlugin, serveFile } from './pages.ts';
import type { Programs } from './programs.ts';

export interface AppDependencies {
  sfu: Sfu;
  /** The nodes of the mesh; one for a server that is alone. */
  nodes: () => readonly AnyNode[];
  signaling: Signaling;
  /** The old protocol; undefined where it is switched off. */
  legacy: Legacy | undefined;
  page: ReadonlyMap<string, PageFile>;
  measurements: Measurements;
  admin: Admin;
  programs: Programs;
  /** Media in and out by HTTP. */
  media: AnyElysia;
  config: Config;
  fileReserve: FileReserve;
  log: Logger;
}

/** Composes everything that the main port serves. It does not listen. */
export function buildApp(dependencies: AppDependencies) {
  const {
    sfu,
    nodes,
    signaling,
    legacy,
    page,
    measurements,
    admin,
    programs,
    media,
    config,
    fileReserve,
    log,
  } = dependencies;
  const upgrade = (request: Request, server: unknown, to: Pick<Signaling, 'upgrade'> = signaling) =>
    // It is the server that got our socket handlers; Elysia's type does not say so.
    to.upgrade(request, server as Bun.Server<SocketData>);
  const refuseScarce = (request: Request) => {
    const refusal = fileReserve.refuse(request);
    if (refusal)
      signaling.events.emit('connectionRefused', { code: 'overloaded', detail: noRoom, roomId: '' });
    return refusal;
  };
  return new Elysia({ name: 'tureen', normalize: false, ...hostSetting })
    .onRequest(({ request }) => refuseBadHost(request) ?? refuseScarce(request))
    .onError(({ error, code, path, status }) => {
      if (code === 'NOT_FOUND')
        return status(404, problem(new SfuError('not_found', 'there is nothing at this address')));
      const known = toSfuError(error);
      if (known.code === 'internal') log.error('a request failed', { path, error });
      return status(known.status, problem(known));
    })
    .use(healthPlugin(sfu, nodes))
    .use(metricsPlugin(measurements, config))
    .use(pagePlugin(page))
    .use(admin.plugin)
    .use(programs.plugin)
    .use(media)
    .get('/signaling', ({ request, server }) => upgrade(request, server))
    .get('/v2', ({ request, server }) => {
      if (legacy) return upgrade(request, server, legacy);
      throw new SfuError('not_found', 'the old protocol is switched off here (TUREEN_LEGACY)');
    })
    .get('/', ({ request, server }) => {
      // Existing clients open their socket here, where browsers get the page.
      if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') return upgrade(request, server);
      const file = page.get('/');
      if (!file)
        throw new SfuError(
          'not_found',
          'this server runs without the try-it page; signaling is at /signaling',
        );
      return serveFile(file, request, originsOf(nodes()));
    });
}

function problem(error: SfuError): { code: string; message: string } {
  return { code: error.code, message: error.message };
}
