import { connect, createServer, type Socket } from 'node:net';

/** A relay to a server that adds latency, like a slow network. */
export interface DelayRelay extends AsyncDisposable {
  readonly port: number;
}

/** Relays to a TCP port of this machine with a delay in each direction, in milliseconds. */
export async function startDelayRelay(options: { port: number; eachWay: number }): Promise<DelayRelay> {
  const { port, eachWay } = options;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect({ host: '127.0.0.1', port });
    pass({ from: client, to: behind, eachWay });
    pass({ from: behind, to: client, eachWay });
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Timers of the same length fire in the order in which they were set, so the order is kept. */
function pass({ from, to, eachWay }: { from: Socket; to: Socket; eachWay: number }): void {
  from.setNoDelay(true);
  from.on('data', (data) => setTimeout(() => to.write(data), eachWay));
  from.on('end', () => setTimeout(() => to.end(), eachWay));
  from.on('error', () => to.destroy());
}
