import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from '../../src/app/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/core/log.ts';
import { apiKey, withKeys } from '../../test/support/server.ts';
import { type HeldLoad, holdLoad } from '../loads/load-process.ts';
import type { ChurnReport } from '../loads/soak/churn.ts';
import type { SoakLoadOptions, SoakRequest } from '../loads/soak.ts';
import { type Checkpoint, standing, takeCheckpoint } from './checkpoint.ts';
import { fewestCheckpoints, type SoakOptions } from './options.ts';
import { growth } from './verdict.ts';

/** Longer than anything that the server itself waits for before it gives up a client; the end of ICE takes a minute. */
const settleTimeoutMs = 100_000;
const mebibyte = 1024 * 1024;

const settings = {
  ...withKeys,
  PORT: '0',
  TUREEN_RTC_BASE_PORT: '0',
  TUREEN_WORKERS: '2',
  TUREEN_ROOM_CONSUMERS_PER_WORKER: '12',
  TUREEN_EMPTY_ROOM_SECONDS: '1',
  TUREEN_IDLE_SECONDS: '8',
  TUREEN_CONTROLLER_GRACE_SECONDS: '1',
  // The broadcasters here send no media, and have to be there at every checkpoint.
  TUREEN_BROADCASTER_SILENCE_SECONDS: '0',
  TUREEN_MESSAGES_PER_SECOND: '1000',
};

/** A server under churn: what it found is in `faults`. */
export class Soak implements AsyncDisposable {
  readonly faults: string[] = [];
  readonly checkpoints: Checkpoint[] = [];
  #deaths = 0;
  #told = 0;
  /** What the server has logged as an error since it was looked at last. */
  #errors: string[] = [];

  private constructor(
    private readonly options: SoakOptions,
    private readonly say: (line: string) => void,
    private readonly server: Server,
    private readonly clients: HeldLoad<ChurnReport>,
    private readonly ends: AsyncDisposableStack,
  ) {}

  static async start(options: SoakOptions, say: (line: string) => void): Promise<Soak> {
    const ends = new AsyncDisposableStack();
    try {
      const folder = await mkdtemp(join(tmpdir(), 'tureen-soak-'));
      ends.defer(() => rm(folder, { recursive: true, force: true }));
      const errors: string[] = [];
      const log = createLogger({ level: 'error', write: (line) => void errors.push(line) });
      const config = readConfig({ ...settings, TUREEN_DATA_DIR: folder });
      const server = ends.use(await Server.start({ config, log }));
      const load: SoakLoadOptions = {
        port: server.port,
        seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
        key: await apiKey(),
        rate: options.rate,
      };
      say(`seed ${load.seed}`);
      const clients = ends.use(await holdLoad<ChurnReport>('soak', load));
      const soak = new Soak(options, say, server, clients, ends);
      soak.#errors = errors;
      return soak;
    } catch (error) {
      await ends.disposeAsync();
      throw error;
    }
  }

  /** Runs to the end, and judges. */
  async run(): Promise<void> {
    const endAt = performance.now() + this.options.minutes * 60_000;
    for (let number = 1; number <= fewestCheckpoints || performance.now() < endAt; number += 1) {
      await this.#ask('go');
      await this.#churn();
      const report = await this.#compare();
      const left = await this.#empty();
      const checkpoint = await takeCheckpoint(this.server);
      this.checkpoints.push(checkpoint);
      this.say(this.#line(number, checkpoint, report, left));
      this.tellFaults();
    }
    const report = await this.#ask('hold');
    this.say(`done: ${JSON.stringify(report.done)}`);
    this.say(`refused: ${JSON.stringify(report.refused)}`);
    this.faults.push(...report.unanswered.map((what) => `no answer: ${what}`), ...growth(this.checkpoints));
    this.tellFaults();
  }

  /** As soon as they are known: a long run may be ended before its verdict. */
  tellFaults(): void {
    this.faults.push(...this.#errors.splice(0).map((line) => `the server logged an error: ${line}`));
    for (const fault of this.faults.slice(this.#told)) this.say(`fault: ${fault}`);
    this.#told = this.faults.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.ends.disposeAsync();
  }

  /** Lets the clients act, and kills a worker half-way. */
  async #churn(): Promise<void> {
    const half = (this.options.every * 1000) / 2;
    await Bun.sleep(half);
    const { slots } = this.server.sfu.pool;
    const slot = slots[this.#deaths % slots.length];
    const pid = slot?.live?.worker.pid;
    await this.#ask('worker-died');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    this.#deaths += 1;
    // Who entered until its end was seen lost its media as well.
    await this.#settles(() => slot?.live?.worker.pid !== pid);
    await this.#ask('worker-died');
    await Bun.sleep(half);
  }

  /** Who stands on the server against who should. */
  async #compare(): Promise<ChurnReport> {
    let report = await this.#ask('hold');
    let wrong: string[] = [];
    await this.#settles(async () => {
      // A client may only now be told that it was put out.
      report = await this.#ask('hold');
      wrong = differences(this.server, report);
      return wrong.length === 0;
    });
    this.faults.push(...wrong);
    return report;
  }

  /** @returns what is left when everybody has gone, which should be nothing */
  async #empty(): Promise<Readonly<Record<string, number>>> {
    await this.#ask('empty');
    const isEmpty = () => Object.values(standing(this.server)).every((count) => count === 0);
    await this.#settles(isEmpty);
    const left = standing(this.server);
    if (!isEmpty()) this.faults.push(`when everybody had gone there was left: ${JSON.stringify(left)}`);
    return left;
  }

  async #settles(holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + settleTimeoutMs;
    while (!(await holds()) && performance.now() < deadline) await Bun.sleep(200);
  }

  async #ask(request: SoakRequest): Promise<ChurnReport> {
    this.clients.write(request);
    return await this.clients.next<ChurnReport>();
  }

  #line(
    number: number,
    checkpoint: Checkpoint,
    { must, may, players }: ChurnReport,
    left: Readonly<Record<string, number>>,
  ): string {
    const { heap, resident, workerResident, descriptors, workerDescriptors, ports, series } = checkpoint;
    const mb = (bytes: number) => `${(bytes / mebibyte).toFixed(1)} MiB`;
    const stood = must.length + may.length + players.most;
    const remains = Object.entries(left).filter(([, count]) => count > 0);
    return [
      `${number}: ${stood} stood`,
      `heap ${mb(heap)}`,
      `RSS ${mb(resident)}, workers ${mb(workerResident)}`,
      `files ${descriptors}, workers ${workerDescriptors}`,
      `ports ${ports}`,
      `series ${series}`,
      `left ${remains.length === 0 ? 'nothing' : JSON.stringify(Object.fromEntries(remains))}`,
      `worker deaths ${this.#deaths}`,
      `faults ${this.faults.length}`,
    ].join('; ');
  }
}

/** A sentence for everybody who is there and should not be, or the other way round. */
function differences({ sfu }: Server, { must, may, players }: ChurnReport): string[] {
  const there = sfu.read.sessions().map(({ roomId, peerId }) => ({ key: `${roomId}/${peerId}`, peerId }));
  const watching = there.filter(({ peerId }) => peerId.startsWith('whep-')).length;
  const named = new Set(there.filter(({ peerId }) => !peerId.startsWith('whep-')).map(({ key }) => key));
  const known = new Set([...must, ...may]);
  return [
    ...[...named].filter((key) => !known.has(key)).map((key) => `${key} is there, and has gone`),
    ...must.filter((key) => !named.has(key)).map((key) => `${key} is not there, and knows nothing of it`),
    ...(watching < players.least || watching > players.most
      ? [`${watching} players are there, and ${players.least} to ${players.most} should be`]
      : []),
  ];
}
