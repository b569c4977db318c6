import type { types } from 'mediasoup-client';

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

/** Watches a transport and restarts ICE on its own until the transport is connected again or closed. */
export function keepIce({ transport, restart, onState }: IceKeeperOptions): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const schedule = (delay: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void attempt(), delay);
  };
  const attempt = async () => {
    if (transport.closed || transport.connectionState === 'connected') return;
    // After a refusal the server sends transportClosed; after a lost socket there is a new connection. Both rebuild it.
    await restart().catch(() => {});
    schedule(betweenRestarts);
  };
  transport.on('connectionstatechange', (state) => {
    if (state === 'disconnected') schedule(restartDelayMs);
    else if (state === 'failed') schedule(0);
    else if (state === 'connected') clearTimeout(timer);
    onState(state);
  });
  transport.observer.once('close', () => clearTimeout(timer));
}
