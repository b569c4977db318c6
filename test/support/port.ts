/** Below those that the kernel gives to connections and to listeners that do not mind (32768 and on, by default). */
const first = 20_000;
const count = 10_000;

/**
 * A port that is free at the moment, for programs that cannot say which one they got. It is not one that the kernel
 * could give to somebody else before the program has started.
 */
export function freePort(): number {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
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
    const udp = await Bun.udpSocket({ hostname: '127.0.0.1', port }).catch(() => undefined);
    udp?.close();
    if (udp) return port;
  }
}
