/** Below those that the kernel gives to connections and to listeners that do not mind (32768 and on, by default). */
const first = 20_000;
const count = 10_000;

/** An even one, for RTP wants such a port and RTCP the next one. */
function anyPort(): number {
  return first + 2 * Math.floor((Math.random() * count) / 2);
}

/**
 * A port that is free at the moment, for programs that cannot say which one they got. It is not one that the kernel
 * could give to somebody else before the program has started.
 */
export function freePort(): number {
  for (;;) {
    const port = anyPort();
    try {
      Bun.listen({ hostname: '127.0.0.1', port, exclusive: true, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody has it, and the next one is as good.
    }
  }
}

/** A port that is free for UDP too, as a media worker wants it. */
export async function freePortForBoth(): Promise<number> {
  for (;;) {
    const port = freePort();
    if (await isFreeForUdp(port)) return port;
  }
}

/** So many ports in a row that are free for UDP. @returns the first one, which is even */
export async function freeUdpPorts(inARow: number): Promise<number> {
  for (;;) {
    const port = anyPort();
    const ports = Array.from({ length: inARow }, (_, index) => port + index);
    const free = await Promise.all(ports.map(isFreeForUdp));
    if (free.every(Boolean)) return port;
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = await Bun.udpSocket({ hostname: '127.0.0.1', port }).catch(() => undefined);
  socket?.close();
  return socket !== undefined;
}
