/** The common part of the receiving peers of all measured servers. */
export interface Receiver {
  readonly counters: readonly {
    readonly received: number;
    readonly expected: number;
    readonly lost: number;
  }[];
  close(): void;
}

/** Peers that join at the same time: their handshakes share one thread. */
const atOnce = 4;
/** How often peers that do not receive are replaced. */
const rounds = 4;
/** After this time without another receiving peer, the remaining ones are replaced. */
const idleTimeoutMs = 15_000;

/**
 * Joins that many peers and waits until all receive. On a busy machine a handshake may time out; then another peer
 * replaces it, since the measurement starts only when all are there.
 * @throws Error when there are not enough
 */
export async function gather<R extends Receiver>(
  count: number,
  enter: (name: string) => Promise<R>,
): Promise<R[]> {
  let present: R[] = [];
  let names = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const missing = Array.from({ length: count - present.length }, () => `receiver-${++names}`);
    present.push(...(await enterAll(missing, enter)));
    await untilAllReceive(present);
    for (const deaf of present.filter((receiver) => !receives(receiver))) deaf.close();
    present = present.filter(receives);
    if (present.length === count) return present;
    console.error(`${present.length} of ${count} peers receive; the others are replaced`);
  }
  throw new Error(`only ${present.length} of ${count} peers receive; run it again on a less busy machine`);
}

async function enterAll<R>(names: readonly string[], enter: (name: string) => Promise<R>): Promise<R[]> {
  const entered: R[] = [];
  const waiting = [...names];
  const enterNext = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const receiver = await enter(name).catch((error: Error) => {
        console.error(`${name} could not join: ${error.message}`);
      });
      if (receiver) entered.push(receiver);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, enterNext));
  return entered;
}

async function untilAllReceive(present: readonly Receiver[]): Promise<void> {
  let receiving = 0;
  let deadline = performance.now() + idleTimeoutMs;
  while (receiving < present.length && performance.now() < deadline) {
    await Bun.sleep(20);
    const now = present.filter(receives).length;
    if (now > receiving) deadline = performance.now() + idleTimeoutMs;
    receiving = now;
  }
}

function receives({ counters }: Receiver): boolean {
  return (counters[0]?.received ?? 0) > 0;
}
