import type { Panel } from '../../admin/index.ts';
import { Measurements } from '../../metrics/measurements.ts';
import { MetricsListener } from '../../metrics/plugin.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { admission as admissionOf } from '../access/admission.ts';
import { ApiAccess } from '../access/api-access.ts';
import type { Mesh } from '../cluster/mesh.ts';
import { Moves } from '../cluster/moves.ts';
import type { MeshReads } from '../cluster/reads/mesh-reads.ts';
import type { CaptureCommands } from '../commands/captures.ts';
import type { Commands } from '../commands/commands.ts';
import { sweepAfterFacts } from '../commands/sweep.ts';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { HostState } from '../core/findings.ts';
import type { Logger } from '../core/log.ts';
import { notStressed } from '../core/stress.ts';
import { pipeListenInfo } from '../host/addresses.ts';
import { places } from '../host/paths.ts';
import { Relays } from '../host/relays.ts';
import type { StressWatch } from '../host/stress/watch.ts';
import type { TlsPair } from '../host/tls.ts';
import { Legacy } from '../legacy/legacy.ts';
import type { Sfu, SfuOptions } from '../sfu/sfu.ts';
import { originsOf } from '../signaling/nodes.ts';
import { Signaling } from '../signaling/signaling.ts';
import { Store } from '../store/store.ts';
import { Admin } from './admin.ts';
import { loadPanels } from './admin-panels.ts';
import { fatalFindings, newSfu, watchStress } from './domain.ts';
import { FileReserve } from './file-reserve.ts';
import { followDomain, type History, recordHistory } from './history.ts';
import { buildApp } from './http.ts';
import { type Listener, newListener } from './listener.ts';
import { mediaOverHttp } from './media-over-http.ts';
import { aloneNode, type StartMeshOptions, startMesh } from './mesh.ts';
import { loadPage } from './pages.ts';
import { type Programs, startPrograms } from './programs.ts';
import { reachOf } from './reach.ts';

export interface ServerOptions {
  config: Config;
  log: Logger;
  clock?: Clock;
  /** The media worker's executable; mediasoup's own by default. */
  workerBin?: string;
  /** Folder of the try-it page; the built one by default. */
  pageFolder?: string;
  admission?: SfuOptions['admission'];
  /** Serves HTTPS with it, and HTTP without. */
  tls?: TlsPair;
  /** What the self-check finds: while something fatal stands, new calls should go elsewhere. */
  host?: () => HostState;
  /** The bus to other servers in this process; NATS unless set, where the settings name one. */
  connectBus?: StartMeshOptions['connect'];
}

type Parts = Pick<
  Server,
  | 'config'
  | 'sfu'
  | 'signaling'
  | 'store'
  | 'commands'
  | 'mesh'
  | 'reads'
  | 'measurements'
  | 'metricsListener'
  | 'admin'
  | 'programs'
> & {
  readonly listener: Listener;
  /** How to end each part, in the order in which they were started. */
  readonly ends: AsyncDisposableStack;
};

/** The whole server as one object: main runs it, and so do the tests. */
export class Server implements AsyncDisposable {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly signaling: Signaling;
  readonly store: Store;
  /** What moderators and programs do, on every node of the mesh. */
  readonly commands: Commands;
  /** The other nodes; undefined for a server that is alone. */
  readonly mesh: Mesh | undefined;
  /** What the other nodes have. */
  readonly reads: MeshReads | undefined;
  readonly measurements: Measurements;
  /** Where the metrics are when they have a port of their own. */
  readonly metricsListener: MetricsListener | undefined;
  /** The dashboard. */
  readonly admin: Admin;
  /** What programs use. */
  readonly programs: Programs;
  readonly #listener: Listener;
  readonly #ends: AsyncDisposableStack;
  #stopped: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.config = parts.config;
    this.sfu = parts.sfu;
    this.signaling = parts.signaling;
    this.store = parts.store;
    this.commands = parts.commands;
    this.mesh = parts.mesh;
    this.reads = parts.reads;
    this.measurements = parts.measurements;
    this.metricsListener = parts.metricsListener;
    this.admin = parts.admin;
    this.programs = parts.programs;
    this.#listener = parts.listener;
    this.#ends = parts.ends;
  }

  /**
   * Starts the workers and listens.
   * @throws Error of the step that failed, such as a worker that does not start or a port that is taken. Everything that
   *   was started before it has been ended then.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const ends = new AsyncDisposableStack();
    try {
      return new Server(await startParts(options, ends));
    } catch (error) {
      await ends.disposeAsync().catch((failure: unknown) => {
        options.log.error('a part could not be ended after the server failed to start', { error: failure });
      });
      throw error;
    }
  }

  /** Where the try-it page is. */
  get url(): string {
    const { host } = this.config;
    const shown =
      host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http${this.config.tlsCert === undefined ? '' : 's'}://${shown}:${this.port}/`;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Shows this certificate to new connections. Open ones go on. Does nothing once the server was stopped. */
  replaceTls(tls: TlsPair): void {
    this.#listener.replaceTls(tls);
  }

  /**
   * Ends everything at once, the calls first. Every part is ended, also when one of them throws. A second call waits for
   * the first.
   * @throws what a part threw; a SuppressedError when several did
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#ends.disposeAsync();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts one part after the other, and registers how each is ended as soon as it is made. */
async function startParts(options: ServerOptions, ends: AsyncDisposableStack): Promise<Parts> {
  const { config, log, clock = systemClock } = options;
  const store = ends.adopt(openStore(options), (opened) => opened.close());
  // It opens last, but it is stopped after everything that has connections open: it waits for them.
  const listener = ends.adopt(newListener(options), (opened) => opened.stop());
  const admission = options.admission ?? admissionOf(store.bans, { tokens: !config.developmentMode });
  const fileReserve = ends.adopt(new FileReserve({ log, clock }), (opened) => opened.close());
  let mesh: Mesh | undefined;
  const unreadyReasons = () => [
    ...fileReserve.unreadyReasons,
    ...store.unreadyReasons,
    ...(mesh?.unreadyReasons() ?? []),
    ...fatalFindings(options.host?.()),
  ];
  let stress: StressWatch | undefined;
  const sfu = newSfu({ ...options, admission, unreadyReasons, stress: () => stress?.state ?? notStressed });
  const history = followDomain({ sfu, log, clock });
  ends.defer(() => sfu.pool.close());
  const files = readFiles(options);
  const workers = sfu.start();
  // When one fails, the other one has to settle before anything is ended.
  await Promise.allSettled([files, workers]);
  await workers;
  stress = ends.adopt(watchStress(config, sfu), (started) => started.close());
  const { page, panels } = await files;
  const connect = options.connectBus;
  const listenInfo = pipeListenInfo(config);
  mesh = ends.adopt(await startMesh({ config, sfu, store, log, clock, listenInfo, connect }), (started) =>
    started?.close(),
  );
  const { courses } = history;
  const { reads, commands, captures } = reachOf({ config, sfu, store, mesh, courses, log, clock });
  const now = () => clock.now();
  ends.defer(sweepAfterFacts(store.facts, { sfu, now }));
  const adapters = startAdapters({
    config,
    sfu,
    store,
    mesh,
    commands,
    captures,
    reads,
    admission,
    panels,
    host: options.host,
    history,
    log,
    clock,
    ends,
  });
  listener.open(buildApp({ ...adapters, config, sfu, page, fileReserve, log }));
  fileReserve.guard(listener);
  // Calls come once it is open. They end first, while the parts that report their end still run: sockets get 1012,
  // receivers get webhooks. The workers close with them.
  ends.defer(() => sfu.close());
  return { ...adapters, config, sfu, store, commands, mesh, reads, listener, ends };
}

interface Core {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly store: Store;
  readonly mesh: Mesh | undefined;
  readonly commands: Commands;
  readonly captures: CaptureCommands;
  /** What the other nodes have; undefined for a server that is alone. */
  readonly reads: MeshReads | undefined;
  readonly admission: NonNullable<SfuOptions['admission']>;
  /** The operator's own panels of the dashboard. */
  readonly panels: readonly Panel[];
  readonly host: ServerOptions['host'];
  readonly history: History;
  readonly log: Logger;
  readonly clock: Clock;
  readonly ends: AsyncDisposableStack;
}

/** Starts what follows the domain, and the ways in. The workers run already. */
function startAdapters({ admission, panels, history, ...core }: Core) {
  const { config, sfu, store, mesh, commands, captures, reads, host, log, clock, ends } = core;
  const { version } = packageJson;
  const nodes = () => reads?.nodes() ?? [aloneNode(config, sfu)];
  const findKey = (secret: string) => store.apiKeys.find(secret);
  const access = new ApiAccess({ config, findKey, clock, log, ownOrigins: () => originsOf(nodes()) });
  const signaling = ends.adopt(
    new Signaling({ ...core, access, nodes, moves: mesh && new Moves(mesh, sfu) }),
    (started) => started.close(),
  );
  const startLegacy = () =>
    ends.adopt(new Legacy({ ...core, access, signaling }), (started) => started.close());
  const legacy = config.legacy === 'on' ? startLegacy() : undefined;
  recordHistory({ ...core, history, signaling: signaling.events, timelines: store.timelines });
  const relays = ends.adopt(new Relays({ config, clock }), (started) => started.close());
  const measurements = ends.adopt(
    new Measurements({
      ...{ sfu, mesh, signaling, config, version, clock, webhooks: store.webhooks, storage: store, host },
      qualities: history.qualities,
      isRelay: (address) => relays.has(address),
      onError: (error) => log.error('a measurement failed', { error }),
    }),
    (started) => started.close(),
  );
  const given = {
    config,
    sfu,
    store,
    commands,
    clock,
    nodes,
    courses: history.courses,
    captures,
    mesh: reads,
  };
  const services = { ...given, topRooms: () => measurements.top() };
  const programs = startPrograms({ services, mesh, access, log, version, ends });
  const media = mediaOverHttp({ ...core, signaling, access, admission });
  const admin = Admin.start({ ...core, mesh: reads, signaling, panels });
  const metricsListener = ends.adopt(MetricsListener.listen(measurements, config), (own) => own?.stop());
  return { signaling, legacy, nodes, measurements, programs, media, admin, metricsListener };
}

/** The try-it page, and the operator's own panels of the dashboard. */
async function readFiles({ config, pageFolder = places.page }: ServerOptions) {
  const paths = config.admin === 'off' ? [] : (config.adminPanels ?? []);
  const [page, panels] = await Promise.all([loadPage(pageFolder), loadPanels(paths)]);
  return { page, panels };
}

function openStore({ config, log, clock = systemClock }: ServerOptions): Store {
  const { dataDir: folder, auditDays, timelineHours } = config;
  return new Store({ folder, auditDays, timelineHours, log, clock });
}
