import type { types } from 'mediasoup-client';

export interface IceKeeperOptions {
  readonly transport: types.Transport;
  /** Asks the server for new ICE credentials and applies them. */
  readonly restart: () => Promise<void>;
  /** The connection state changed. */
  readonly onState: (state: types.ConnectionState) => void;
}

/** A short loss heals by itself (RFC 7675 lets consent lapse); ICE is restarted when it does not. */
const patience = 1500;
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
    // A refusal is answered by the server's transportClosed, a broken socket by a new connection: both build anew.
    await restart().catch(() => {});
    schedule(betweenRestarts);
  };
  transport.on('connectionstatechange', (state) => {
    if (state === 'disconnected') schedule(patience);
    else if (state === 'failed') schedule(0);
    else if (state === 'connected') clearTimeout(timer);
    onState(state);
  });
  transport.observer.once('close', () => clearTimeout(timer));
}
