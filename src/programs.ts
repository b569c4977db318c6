import { Elysia } from 'elysia';
import { ApiAccess } from './auth/api-access.ts';
import type { Config } from './config.ts';
import { EventStream } from './control/event-stream.ts';
import type { ControlServices } from './control/operation.ts';
import { restPlugin } from './control/rest/plugin.ts';
import { Webhooks } from './control/webhooks/webhooks.ts';
import { Broadcasters } from './ingest/broadcasters/broadcasters.ts';
import { broadcasterPlugin } from './ingest/broadcasters/plugin.ts';
import type { Logger } from './log.ts';
import type { Moderation } from './moderation/moderation.ts';
import type { Clock } from './sfu/clock.ts';
import type { Sfu } from './sfu/sfu.ts';
import type { Store } from './store/store.ts';

export interface ProgramSideOptions {
  config: Config;
  sfu: Sfu;
  store: Store;
  moderation: Moderation;
  log: Logger;
  clock: Clock;
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

  constructor(private readonly options: ProgramSideOptions) {
    const { config, sfu, store, log, clock } = options;
    const now = () => clock.now();
    this.access = new ApiAccess({ config, findKey: (secret) => store.apiKeys.find(secret), now });
    this.events = new EventStream({ events: sfu.events, clock });
    const silenceSeconds = () => config.broadcasterSilenceSeconds;
    this.#broadcasters = new Broadcasters({ sfu, clock, silenceSeconds });
    this.#webhooks = new Webhooks({ config, events: this.events, outbox: store.webhooks, clock, log });
  }

  /** What is mounted beside the page and the dashboard. */
  get plugin() {
    const { log, version, ...services } = this.options;
    const { access } = this;
    const { sfu } = services;
    return new Elysia({ name: 'programs', normalize: false })
      .use(restPlugin({ services, access, log, version }))
      .use(broadcasterPlugin({ broadcasters: this.#broadcasters, access, sfu, log }));
  }

  async stop(): Promise<void> {
    this.events.close();
    this.#broadcasters.close();
    await this.#webhooks.stop();
  }
}
