import type { types } from 'mediasoup';
import { SfuError } from '../../core/errors.ts';
import { mediaCall } from './media-call.ts';
import type { PipeSide } from './node-link.ts';
import type { RoomRouter } from './routers.ts';

/**
 * Opens this side of a pipe to another node: encrypted (RFC 3711), and with retransmissions (RFC 4588), which a network
 * between hosts needs.
 * @throws SfuError gone, worker_unavailable when no port is free
 */
export async function openPipe(
  { router }: RoomRouter,
  listenInfo: types.TransportListenInfo,
): Promise<types.PipeTransport> {
  const options = { listenInfo: structuredClone(listenInfo), enableSrtp: true, enableRtx: true };
  return await mediaCall(router, 'opening a pipe to another node', () =>
    router.createPipeTransport(options),
  ).catch((error: unknown) => {
    if (!(error instanceof SfuError) || error.code !== 'worker_unavailable') throw error;
    throw new SfuError(
      'worker_unavailable',
      'on one side of a pipe between nodes every port is in use, or no file descriptor is left; let the operator widen TUREEN_PIPE_PORTS or raise the limit of open files',
      { cause: error },
    );
  });
}

/** The address and keys of a pipe, for the other side. */
export function sideOf({ tuple, srtpParameters }: types.PipeTransport): PipeSide {
  if (!srtpParameters) throw new Error('mediasoup opened a pipe without SRTP');
  return { ip: tuple.localAddress, port: tuple.localPort, srtpParameters };
}
