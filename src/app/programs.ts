import { Elysia } from 'elysia';
import { ApiAccess } from '../access/api-access.ts';
import { Broadcasters } from '../broadcasters/broadcasters.ts';
import { broadcasterPlugin } from '../broadcasters/plugin.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import { ControlSocket } from '../controllers/control-socket.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { Holdings } from '../operations/holdings/holdings.ts';
import type { ControlServices } from '../operations/operation.ts';
import { EventStream } from '../public-events/stream.ts';
import { restPlugin } from '../rest/plugin.ts';
import type { Sfu, SfuOptions } from '../sfu/sfu.ts';
import type { Signaling } from '../signaling/signaling.ts';
import type { Store } from '../store/store.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import { Whip } from '../whip/plugin.ts';
import type { SocketData } from '../wire/socket.ts';

export interface ProgramSideOptions {
  config: Config;
  sfu: Sfu;
  signaling: Signaling;
  store: Store;
  commands: Commands;
  log: Logger;
  clock: Clock;
  /** Says who is not let in: the same that the domain asks. */
  admission: NonNullable<SfuOptions['admission']>;
  /** Of Tureen itself. */
  version: string;
  /** The worst rooms, from the last samples of the metrics. */
  topRooms: ControlServices['topRooms'];
}

/** What programs use of this server, beside the people in calls: its own way in, and all that follows from it. */
export class ProgramSide {
  /** Tells which program a request comes from. */
  readonly access: ApiAccess;
  /** What happens, for those programs that follow it. */
  readonly events: EventStream;
  readonly #broadcasters: Broadcasters;
  readonly #webhooks: Webhooks;
  /** What they made for media. */
  readonly holdings: Holdings;
  readonly #controlSocket: ControlSocket;
  readonly #whip: Whip;

  constructor(private readonly options: ProgramSideOptions) {
    const { config, sfu, signaling, store, log, clock, admission } = options;
    const now = () => clock.now();
    this.access = new ApiAccess({ config, findKey: (secret) => store.apiKeys.find(secret), now });
    this.events = new EventStream({ events: sfu.events, clock });
    const silenceSeconds = () => config.broadcasterSilenceSeconds;
    this.#broadcasters = new Broadcasters({ sfu, clock, silenceSeconds });
    this.#webhooks = new Webhooks({ config, events: this.events, outbox: store.webhooks, clock, log });
    this.holdings = new Holdings({ sfu, clock, graceSeconds: config.controllerGraceSeconds });
    const { access, services, events: stream } = this;
    this.#controlSocket = new ControlSocket({ access, services, stream, log });
    this.#whip = new Whip({ config, sfu, signaling, log, clock, programs: access, admission });
  }

  /** What is mounted beside the page and the dashboard. */
  get plugin() {
    const { access, services } = this;
    const { log, version, sfu } = this.options;
    return new Elysia({ name: 'programs', normalize: false })
      .use(restPlugin({ services, access, log, version }))
      .use(broadcasterPlugin({ broadcasters: this.#broadcasters, access, sfu, log }))
      .use(this.#whip.plugin)
      .get('/control', ({ request, server }) =>
        // Elysia types its server without the data of our sockets; it is the one that we gave the handlers to.
        this.#controlSocket.upgrade(request, server as unknown as Bun.Server<SocketData>),
      );
  }

  /** What operations act on. */
  private get services(): ControlServices {
    const { sfu, store, commands, config, clock, topRooms } = this.options;
    return { sfu, store, commands, config, clock, topRooms, holdings: this.holdings };
  }

  /** To be called when the configuration was read again. */
  followConfig(): void {
    this.#webhooks.followConfig();
  }

  async stop(): Promise<void> {
    this.#controlSocket.close();
    this.holdings.close();
    this.events.close();
    this.#broadcasters.close();
    await this.#webhooks.stop();
  }
}
