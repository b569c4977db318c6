import { Elysia } from 'elysia';
import { ApiAccess } from './auth/api-access.ts';
import type { Config } from './config.ts';
import { EventStream } from './control/event-stream.ts';
import { Whip } from './ingest/whip/plugin.ts';
import type { Logger } from './log.ts';
import { admission } from './moderation/admission.ts';
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
}

/** What programs use of this server, beside the people in calls: its own way in, and all that follows from it. */
export class ProgramSide {
  /** Tells which program a request comes from. */
  readonly access: ApiAccess;
  /** What happens, for those programs that follow it. */
  readonly events: EventStream;
  readonly #whip: Whip;

  constructor(options: ProgramSideOptions) {
    const { config, sfu, store, log, clock } = options;
    const now = () => clock.now();
    this.access = new ApiAccess({ config, findKey: (secret) => store.apiKeys.find(secret), now });
    this.events = new EventStream({ events: sfu.events, clock });
    this.#whip = new Whip({
      config,
      sfu,
      log,
      clock,
      programs: this.access,
      admission: admission(store.bans, { tokens: !config.developmentMode }),
    });
  }

  /** What is mounted beside the page and the dashboard. */
  get plugin() {
    return new Elysia({ name: 'programs', normalize: false }).use(this.#whip.plugin);
  }

  stop(): void {
    this.events.close();
  }
}
