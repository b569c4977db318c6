/** What the peers of all servers under measurement have in common. */
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
/** How often those that did not come through are replaced. */
const rounds = 4;
/** Milliseconds without anybody new receiving, after which the rest is given up. */
const patience = 15_000;

/**
 * Brings together so many peers that receive. On a machine that is busy with other things a handshake may run out of
 * time; then another peer takes its place, since what is measured begins when all are there.
 * @throws Error when they do not become enough
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
    console.error(`${present.length} of ${count} peers receive; others take the place of the rest`);
  }
  throw new Error(`only ${present.length} of ${count} peers receive anything; is the machine too busy?`);
}

async function enterAll<R>(names: readonly string[], enter: (name: string) => Promise<R>): Promise<R[]> {
  const entered: R[] = [];
  const waiting = [...names];
  const enterNext = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const receiver = await enter(name).catch((error: Error) => {
        console.error(`${name} did not come in: ${error.message}`);
      });
      if (receiver) entered.push(receiver);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, enterNext));
  return entered;
}

async function untilAllReceive(present: readonly Receiver[]): Promise<void> {
  let receiving = 0;
  let deadline = performance.now() + patience;
  while (receiving < present.length && performance.now() < deadline) {
    await Bun.sleep(20);
    const now = present.filter(receives).length;
    if (now > receiving) deadline = performance.now() + patience;
    receiving = now;
  }
}

function receives({ counters }: Receiver): boolean {
  return (counters[0]?.received ?? 0) > 0;
}
