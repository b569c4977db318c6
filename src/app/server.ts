import { Measurements } from '../../metrics/measurements.ts';
import { MetricsListener } from '../../metrics/plugin.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { addressTest } from '../access/address.ts';
import { admission as admissionOf } from '../access/admission.ts';
import { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { listenInfos, rtpListenInfo } from '../host/addresses.ts';
import { places } from '../host/paths.ts';
import type { TlsPair } from '../host/tls.ts';
import { Sfu, type SfuOptions } from '../sfu/sfu.ts';
import { Signaling } from '../signaling/signaling.ts';
import { Store } from '../store/store.ts';
import { socketHandlers } from '../wire/socket.ts';
import { AdminSide } from './admin.ts';
import { buildApp } from './http.ts';
import { Listener } from './listener.ts';
import { logEvents, sfuLevels, signalingLevels } from './log-events.ts';
import { loadPage } from './pages.ts';
import { ProgramSide } from './programs.ts';

export interface ServerOptions {
  config: Config;
  log: Logger;
  clock?: Clock;
  /** The media worker's executable; mediasoup's own choice unless told. */
  workerBin?: string;
  /** Folder of the try-it page; the built one unless told. */
  pageFolder?: string;
  admission?: SfuOptions['admission'];
  /** Serves HTTPS with it, and HTTP without. */
  tls?: TlsPair;
  /** Why new calls should go elsewhere, beside what the domain knows of: the findings of the self-check. */
  unreadyReasons?: SfuOptions['unreadyReasons'];
}

/** The whole server as one object: main runs it, and so do the tests. */
export class Server {
  private constructor(
    readonly config: Config,
    readonly sfu: Sfu,
    readonly signaling: Signaling,
    readonly measurements: Measurements,
    /** Where the metrics are when they have a port of their own. */
    readonly metricsListener: MetricsListener | undefined,
    private readonly listener: Listener,
    readonly store: Store,
    /** The dashboard. */
    readonly admin: AdminSide,
    /** What programs use. */
    readonly programs: ProgramSide,
  ) {}

  /** Starts workers and listens. @throws Error when a worker does not start or the port is taken; then nothing runs. */
  static async start(options: ServerOptions): Promise<Server> {
    const { config, log, clock = systemClock, workerBin, pageFolder = places.page } = options;
    const { tls, unreadyReasons } = options;
    const workers = {
      count: config.workers,
      workerBin,
      listenInfos: (index: number) => listenInfos(config, index),
    };
    const { dataDir: folder, auditDays } = config;
    const store = new Store({ folder, auditDays, log, now: () => clock.now() });
    const admission = options.admission ?? admissionOf(store.bans, { tokens: !config.developmentMode });
    const rtp = {
      listenInfo: rtpListenInfo(config),
      mayReach: config.rtpRemotes === undefined ? () => true : addressTest(config.rtpRemotes),
    };
    const sfu = new Sfu({ settings: config, workers, rtp, log, clock, admission, unreadyReasons });
    const commands = new Commands(sfu, store, () => clock.now());
    logEvents(sfu.events, sfuLevels, log);
    const [page] = await Promise.all([loadPage(pageFolder), sfu.start()]);
    const signaling = new Signaling({ config, sfu, commands, log, clock });
    logEvents(signaling.events, signalingLevels, log);
    const onError = (error: unknown) => log.error('a measurement failed', { error });
    const { version } = packageJson;
    const measurements = new Measurements({
      sfu,
      signaling,
      config,
      webhooks: store.webhooks,
      version,
      clock,
      onError,
    });
    const topRooms = () => measurements.top();
    const about = { log, clock, admission, version, topRooms };
    const programs = new ProgramSide({ config, sfu, signaling, store, commands, ...about });
    let metricsListener: MetricsListener | undefined;
    let admin: AdminSide | undefined;
    let listener: Listener;
    try {
      admin = await AdminSide.create({ config, sfu, signaling, store, commands, log, clock });
      const sides = { admin: admin.plugin, programs: programs.plugin };
      const app = buildApp({ sfu, signaling, page, measurements, ...sides, config, log });
      metricsListener = MetricsListener.listen(measurements, config);
      const websocket = socketHandlers({ idleSeconds: config.idleSeconds, log });
      listener = new Listener({ app, websocket, config, tls });
    } catch (error) {
      await measurements.close();
      await metricsListener?.stop();
      await admin?.stop();
      await programs.stop();
      sfu.close();
      store.close();
      throw error;
    }
    return new Server(
      config,
      sfu,
      signaling,
      measurements,
      metricsListener,
      listener,
      store,
      admin,
      programs,
    );
  }

  /** Where the try-it page is. */
  get url(): string {
    const { host } = this.config;
    const shown =
      host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http${this.config.tlsCert === undefined ? '' : 's'}://${shown}:${this.port}/`;
  }

  get port(): number {
    return this.listener.port;
  }

  /** New connections get this certificate, and those that are open go on. */
  replaceTls(tls: TlsPair): void {
    this.listener.replaceTls(tls);
  }

  /** Ends everything at once: sockets with 1012, then workers, then the listener. */
  async stop(): Promise<void> {
    const measured = this.measurements.close();
    this.sfu.close();
    this.signaling.close();
    await this.admin.stop();
    await this.programs.stop();
    await this.metricsListener?.stop();
    await this.listener.stop();
    await measured;
    this.store.close();
  }
}
