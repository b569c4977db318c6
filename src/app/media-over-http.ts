import { Elysia } from 'elysia';
import type { ApiAccess } from '../access/api-access.ts';
import { Broadcasters } from '../broadcasters/broadcasters.ts';
import { broadcasterPlugin } from '../broadcasters/plugin.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu, SfuOptions } from '../sfu/sfu.ts';
import type { Signaling } from '../signaling/signaling.ts';
import { Whip } from '../whip/plugin.ts';

export interface MediaOverHttpOptions {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly signaling: Signaling;
  readonly log: Logger;
  readonly clock: Clock;
  /** Finds the program that a request comes from. */
  readonly access: ApiAccess;
  /** Refuses an identity, as it does for signaling. */
  readonly admission: NonNullable<SfuOptions['admission']>;
  /** Where it registers how it is ended. */
  readonly ends: AsyncDisposableStack;
}

/** Media in and out by HTTP requests, without a signaling socket: WHIP, WHEP and broadcasters. */
export function mediaOverHttp(options: MediaOverHttpOptions) {
  const { config, sfu, signaling, log, clock, access, admission, ends } = options;
  const silenceSeconds = () => config.broadcasterSilenceSeconds;
  const broadcasters = ends.adopt(new Broadcasters({ sfu, clock, silenceSeconds }), (all) => all.close());
  // Sessions of WHIP and WHEP end with their peers, so there is nothing to close.
  const whip = new Whip({ config, sfu, signaling, log, clock, programs: access, admission });
  return new Elysia({ name: 'media over HTTP', normalize: false })
    .use(broadcasterPlugin({ broadcasters, access, sfu, log }))
    .use(whip.plugin);
}
