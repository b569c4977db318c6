import { Elysia } from 'elysia';
import { ApiAccess } from './auth/api-access.ts';
import type { Config } from './config.ts';
import { EventStream } from './control/event-stream.ts';
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
}

/** What programs use of this server, beside the people in calls: its own way in, and all that follows from it. */
export class ProgramSide {
  /** Tells which program a request comes from. */
  readonly access: ApiAccess;
  /** What happens, for those programs that follow it. */
  readonly events: EventStream;
  readonly #broadcasters: Broadcasters;

  constructor(private readonly options: ProgramSideOptions) {
    const { config, sfu, store, clock } = options;
    const now = () => clock.now();
    this.access = new ApiAccess({ config, findKey: (secret) => store.apiKeys.find(secret), now });
    this.events = new EventStream({ events: sfu.events, clock });
    const silenceSeconds = () => config.broadcasterSilenceSeconds;
    this.#broadcasters = new Broadcasters({ sfu, clock, silenceSeconds });
  }

  /** What is mounted beside the page and the dashboard. */
  get plugin() {
    const { sfu, log } = this.options;
    const broadcasters = this.#broadcasters;
    return new Elysia({ name: 'programs', normalize: false }).use(
      broadcasterPlugin({ broadcasters, access: this.access, sfu, log }),
    );
  }

  stop(): void {
    this.events.close();
    this.#broadcasters.close();
  }
}
