import type { types } from 'mediasoup-client';
import { type Backoff, backoffDelay } from './backoff.ts';
import { entriesOf, isPath } from './statistics.ts';

export interface IceKeeperOptions {
  readonly transport: types.Transport;
  /** Asks the server for new ICE credentials and applies them. */
  readonly restart: () => Promise<void>;
  /** The connection state changed. */
  readonly onState: (state: types.ConnectionState) => void;
}

/** Short losses recover by themselves (RFC 7675 allows consent to lapse); after this time ICE is restarted. */
const restartDelayMs = 1500;
const betweenRestarts = 3000;
/** Delay until it is seen which path was taken. */
const lookDelayMs = 1000;
/** Delay until a transport that had to go over to TCP tries UDP again. */
const udpBackoff: Backoff = { first: 20_000, max: 300_000 };

/**
 * Watches a transport and restarts ICE on its own until the transport is connected again or closed. One that fell back to
 * TCP tries UDP again by itself: browsers give up the paths that failed, and TCP makes media wait for what is lost.
 */
export function keepIce({ transport, restart, onState }: IceKeeperOptions): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hadUdp = false;
  let tries: { readonly count: number; readonly dueAt?: number } = { count: 0 };
  const schedule = (delay: number, attempt: () => Promise<void>) => {
    clearTimeout(timer);
    timer = setTimeout(() => void attempt(), delay);
  };
  const mend = async () => {
    if (transport.closed || transport.connectionState === 'connected') return;
    // After a refusal the server sends transportClosed; after a lost socket there is a new connection. Both rebuild it.
    await restart().catch(() => {});
    schedule(betweenRestarts, mend);
  };
  const tryUdp = async () => {
    const protocol = await protocolOf(transport);
    if (transport.closed || transport.connectionState !== 'connected') return;
    hadUdp ||= protocol === 'udp';
    // Where UDP has never worked it is blocked.
    if (protocol !== 'tcp' || !hadUdp) {
      tries = { count: 0 };
      return;
    }
    const now = performance.now();
    const { count, dueAt = now + backoffDelay(udpBackoff, count) } = tries;
    tries = { count, dueAt };
    // It connects again after each restart, which is no reason for another one.
    if (now >= dueAt) {
      tries = { count: count + 1 };
      await restart().catch(() => {});
    }
    schedule(Math.max(lookDelayMs, dueAt - now), tryUdp);
  };
  transport.on('connectionstatechange', (state) => {
    if (state === 'disconnected') schedule(restartDelayMs, mend);
    else if (state === 'failed') schedule(0, mend);
    else if (state === 'connected') schedule(lookDelayMs, tryUdp);
    onState(state);
  });
  transport.observer.once('close', () => clearTimeout(timer));
}

/** By which protocol the media goes at the moment; undefined where the browser does not say it. */
async function protocolOf(transport: types.Transport): Promise<'udp' | 'tcp' | undefined> {
  const report = await transport.getStats().catch(() => undefined);
  const path = entriesOf<RTCIceCandidatePairStats>(report).findLast(isPath);
  return path && report?.get(path.localCandidateId)?.protocol;
}
