import { hashPassword } from '../src/store/users.ts';
import type { Benchmark, Scale } from './harness/benchmark.ts';
import type { Figure, Measured } from './harness/result.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { type HeldLoad, holdLoad } from './loads/load-process.ts';
import type { NeighbourOptions, NeighbourTimes } from './loads/neighbour.ts';
import { type AttackName, type AttackOptions, attackNames } from './neighbour/attacks.ts';

const key = 'bench';
const secret = 'a secret of the benchmark longer than thirty-two bytes';
const user = 'operator';
const password = 'a password of the benchmark';
const probes = ['signaling', 'livez', 'join', 'media'] as const satisfies readonly (keyof NeighbourTimes)[];
/** The slowest that a neighbour may get: so many times the quiet figure, and so many milliseconds more. */
const allowed = { factor: 2, plusMs: 10 } as const;

const figures = attackNames.flatMap((attack) =>
  probes.map(
    (probe): Figure => ({
      name: `${attack}_${probe}`,
      unit: 'milliseconds, 99th percentile',
      goal: { atMost: 1 },
    }),
  ),
) as unknown as Benchmark['figures'];

/** The server and the neighbour live through all runs, so that every window is of the same processes. */
let street: Promise<Street> | undefined;

/** How much of what a stranger may do a neighbour in another room notices. */
export const neighbour: Benchmark = {
  name: 'neighbour',
  doc: 'a neighbour in another room under each attack; the reference is what it may get: twice the quiet figure and 10 ms',
  figures,
  runs: 3,
  sides: () => ['reference', 'ours'],
  async measure(side, scale) {
    street ??= Street.start(scale);
    const { quiet, under } = await street;
    const measured: Record<string, number> = {};
    for (const attack of attackNames) {
      const times = side === 'ours' ? await under(attack) : await quiet();
      for (const probe of probes)
        measured[`${attack}_${probe}`] =
          side === 'ours' ? times[probe] : times[probe] * allowed.factor + allowed.plusMs;
    }
    return measured satisfies Measured;
  },
  async close() {
    await (await street)?.[Symbol.asyncDispose]();
    street = undefined;
  },
};

/** A server with a neighbour in it. */
class Street implements AsyncDisposable {
  private constructor(
    private readonly server: RunningServer,
    private readonly neighbour: HeldLoad<unknown>,
  ) {}

  static async start({ small }: Scale): Promise<Street> {
    const server = await startServer({
      side: 'ours',
      workers: 1,
      environment: {
        TUREEN_API_KEY: key,
        TUREEN_API_SECRET: secret,
        TUREEN_ADMIN_USER: user,
        TUREEN_ADMIN_PASSWORD_HASH: await hashPassword(password),
        // So that what comes from this machine is paced by the address that it names.
        TUREEN_TRUSTED_PROXIES: '127.0.0.1',
        // As in production: the harness raises it for what compares with the reference.
        TUREEN_MESSAGES_PER_SECOND: '50',
      },
    });
    const options: NeighbourOptions = { port: server.port, key, secret, seconds: small ? 1 : 8 };
    try {
      return new Street(server, await holdLoad('neighbour', options));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  readonly quiet = (): Promise<NeighbourTimes> => {
    this.neighbour.write('measure');
    return this.neighbour.next<NeighbourTimes>();
  };

  readonly under = async (name: AttackName): Promise<NeighbourTimes> => {
    const options: AttackOptions = { name, port: this.server.port, key, secret, user, password };
    await using attack = await holdLoad('attack', options);
    const times = await this.quiet();
    attack.write('stop');
    const answers = await attack.next<Record<string, number>>();
    console.error(`${name}: ${JSON.stringify(answers)}`);
    return times;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.neighbour[Symbol.asyncDispose]();
    await this.server.stop();
  }
}
