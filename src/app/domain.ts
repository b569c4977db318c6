import { workerBin as usualBin } from 'mediasoup';
import { addressTest } from '../access/address.ts';
import { type Config, fullAtOf } from '../config/config.ts';
import type { HostState } from '../core/findings.ts';
import { listenInfos, rtpListenInfo } from '../host/addresses.ts';
import { restoreExecutables } from '../host/paths.ts';
import { readStress } from '../host/stress/reading.ts';
import { StressWatch } from '../host/stress/watch.ts';
import { Sfu, type SfuOptions } from '../sfu/sfu.ts';

/** What the server is started with, as far as the domain needs it. */
export type DomainOptions = Pick<SfuOptions, 'log' | 'clock' | 'admission' | 'unreadyReasons' | 'stress'> & {
  readonly config: Config;
  /** The media worker's executable; mediasoup's own by default. */
  readonly workerBin?: string;
};

/** The domain with the settings of the server, on this host. */
export function newSfu(options: DomainOptions): Sfu {
  const { config, log, clock, workerBin, admission, unreadyReasons, stress } = options;
  const workers = {
    count: config.workers,
    workerBin,
    restore: () => restoreExecutables([workerBin ?? usualBin, usualBin]),
    listenInfos: (index: number) => listenInfos(config, index),
  };
  const rtp = {
    listenInfo: rtpListenInfo(config),
    mayReach: config.rtpRemotes === undefined ? () => true : addressTest(config.rtpRemotes),
  };
  const fullAt = () => fullAtOf(config);
  return new Sfu({ settings: config, workers, rtp, log, clock, admission, unreadyReasons, stress, fullAt });
}

/** Follows how near this host is to the end of what it has, once the workers run. */
export function watchStress({ maxEgressMbps }: Config, sfu: Sfu): StressWatch {
  const running = () =>
    sfu.read.workers().flatMap(({ index, pid }) => (pid === null ? [] : [{ index, pid }]));
  const read = () => readStress({ workers: running(), egress: maxEgressMbps !== undefined });
  return new StressWatch({ maxEgressMbps, read });
}

/** What the self-check found that keeps calls from working. */
export function fatalFindings(host: HostState | undefined): string[] {
  return (host?.findings ?? []).filter(({ severity }) => severity === 'fatal').map(({ what }) => what);
}
