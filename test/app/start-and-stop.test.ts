import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Monitor } from '../../admin/live/monitor.ts';
import { Measurements } from '../../metrics/measurements.ts';
import { Server, type ServerOptions } from '../../src/app/server.ts';
import { type Config, type Environment, readConfig } from '../../src/config/config.ts';
import { readTls } from '../../src/host/tls.ts';
import { WorkerPool } from '../../src/sfu/media/workers.ts';
import { Visitor } from '../admin/support.ts';
import { TestController } from '../controllers/support.ts';
import { script } from '../support/broadcaster-script.ts';
import { makeCertificate } from '../support/certificate.ts';
import { TestClock } from '../support/clock.ts';
import { Leftovers } from '../support/leftovers.ts';
import { freePortForBoth } from '../support/port.ts';
import { logLines, testLog } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { enter } from '../support/world.ts';
import { entry } from '../webhooks/world.ts';

setDefaultTimeout(120_000);

let folder: string;
let left: Leftovers;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-start-'));
  left = new Leftovers();
});

afterEach(async () => {
  left[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The configuration of a server with all its parts, and with what the test changes. */
function everything(changed: Environment = {}): Config {
  return readConfig({
    PORT: '0',
    TUREEN_RTC_BASE_PORT: '0',
    TUREEN_WORKERS: '2',
    TUREEN_DATA_DIR: join(folder, 'data'),
    TUREEN_AUDIT_DAYS: '30',
    TUREEN_ADMIN_PORT: '0',
    TUREEN_METRICS_PORT: '0',
    TUREEN_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    TUREEN_WEBHOOKS: JSON.stringify([entry('one', 'http://127.0.0.1:9/')]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
    ...changed,
  });
}

/** Makes a start fail right after its nth part was registered. */
function failAfter(part: number): Disposable {
  const { adopt, defer } = AsyncDisposableStack.prototype;
  let registered = 0;
  const count = () => {
    registered += 1;
    if (registered === part) throw new Error(`the step after part ${part} failed`);
  };
  const ends = new DisposableStack();
  ends.use(
    spyOn(AsyncDisposableStack.prototype, 'adopt').mockImplementation(function (
      this: AsyncDisposableStack,
      ...args
    ) {
      const adopted = adopt.apply(this, args as never);
      count();
      return adopted;
    } as typeof adopt),
  );
  ends.use(
    spyOn(AsyncDisposableStack.prototype, 'defer').mockImplementation(function (
      this: AsyncDisposableStack,
      ...args
    ) {
      defer.apply(this, args);
      count();
    }),
  );
  return ends;
}

interface Step {
  readonly step: string;
  readonly message: RegExp;
  /** Prepares what makes exactly this step fail, until `ends` is disposed of. */
  readonly prepare: (ends: AsyncDisposableStack) => Promise<Partial<ServerOptions>> | Partial<ServerOptions>;
}

/** A port that another program has. */
function takenPort(ends: AsyncDisposableStack): string {
  const options = { hostname: '127.0.0.1', port: 0, socket: { data() {} } };
  return String(ends.adopt(Bun.listen(options), (taken) => taken.stop(true)).port);
}

function writeDatabase(write: (database: Database) => void): void {
  const database = new Database(join(folder, 'data', 'tureen.sqlite'), { create: true });
  write(database);
  database.close();
}

const steps: Step[] = [
  {
    step: 'a file of the page that cannot be read',
    message: /^input\/output error$/,
    prepare: async (ends) => {
      await Bun.write(join(folder, 'page', 'index.html'), 'page');
      const failing = () => {
        throw new Error('input/output error');
      };
      ends.use(spyOn(Bun, 'file').mockImplementation(failing));
      return { pageFolder: join(folder, 'page') };
    },
  },
  {
    step: 'a panel that cannot be loaded',
    message: /^TUREEN_ADMIN_PANELS: cannot load ".*none\.tsx"/,
    prepare: () => ({ config: everything({ TUREEN_ADMIN_PANELS: join(folder, 'none.tsx') }) }),
  },
  {
    step: 'a folder that cannot be written',
    message: /^TUREEN_DATA_DIR: cannot open a database/,
    prepare: async () => {
      await Bun.write(join(folder, 'file'), '');
      return { config: everything({ TUREEN_DATA_DIR: join(folder, 'file', 'data') }) };
    },
  },
  {
    step: 'a file that is no database',
    message: /not a database/,
    prepare: async () => {
      await Bun.write(join(folder, 'data', 'tureen.sqlite'), 'no database'.repeat(100));
      return {};
    },
  },
  {
    step: 'a database of a newer server',
    message: /^the database has schema 999/,
    prepare: async () => {
      await mkdir(join(folder, 'data'));
      writeDatabase((database) => database.run('PRAGMA user_version = 999'));
      return {};
    },
  },
  {
    step: 'a database without the tables of webhooks',
    message: /no such table: webhook/,
    prepare: async () => {
      const server = await Server.start({ config: everything(), log: testLog });
      await server.stop();
      writeDatabase((database) => database.run('DROP TABLE webhook_receivers'));
      return {};
    },
  },
  {
    step: 'addresses for RTP that cannot be read',
    message: /^"nowhere" is neither an IP address nor a range/,
    prepare: () => ({ config: { ...everything(), rtpRemotes: ['nowhere'] } }),
  },
  {
    step: 'a worker that does not start',
    message: /code:1/,
    prepare: () => ({ workerBin: '/bin/false' }),
  },
  {
    step: 'the second of two workers, whose port is taken',
    message: /^cannot listen for media on .*TUREEN_RTC_BASE_PORT/,
    prepare: async (ends) => {
      for (;;) {
        const port = await freePortForBoth();
        const taken = await Bun.udpSocket({ hostname: '127.0.0.1', port: port + 1 }).catch(() => undefined);
        if (!taken) continue;
        ends.defer(() => taken.close());
        const environment = { TUREEN_LISTEN_IP: '127.0.0.1', TUREEN_RTC_BASE_PORT: String(port) };
        return { config: everything(environment) };
      }
    },
  },
  {
    step: 'proxies whose addresses cannot be read',
    message: /^"nowhere" is neither an IP address nor a range/,
    prepare: () => ({ config: { ...everything(), trustedProxies: ['nowhere'] } }),
  },
  {
    step: 'a receiver of webhooks whose address cannot be read',
    message: /Invalid URL/,
    prepare: () => {
      const [receiver] = everything().webhooks ?? [];
      if (!receiver) throw new Error('there is no receiver');
      return { config: { ...everything(), webhooks: [receiver, { ...receiver, url: 'no address' }] } };
    },
  },
  {
    step: 'two panels with the same id',
    message: /^two panels have the id "twice"/,
    prepare: async () => {
      const panel = "{ id: 'twice', title: 'Twice', path: '/twice', role: 'viewer', view: () => '' }";
      const file = join(folder, 'twice.ts');
      await Bun.write(file, `export default [${panel}, ${panel}];`);
      return { config: everything({ TUREEN_ADMIN_PANELS: file }) };
    },
  },
  {
    step: 'a port of the dashboard that is taken',
    message: /^cannot listen for the dashboard on 127.0.0.1 port .*TUREEN_ADMIN_PORT/,
    prepare: (ends) => ({ config: everything({ TUREEN_ADMIN_PORT: takenPort(ends) }) }),
  },
  {
    step: 'a port of the metrics that is taken',
    message: /^cannot listen for metrics on 127.0.0.1 port .*TUREEN_METRICS_PORT/,
    prepare: (ends) => ({ config: everything({ TUREEN_METRICS_PORT: takenPort(ends) }) }),
  },
  {
    step: 'a main port that is taken',
    message: /^cannot listen on 127.0.0.1 port .* or set PORT$/,
    prepare: (ends) => ({ config: everything({ PORT: takenPort(ends) }) }),
  },
  {
    step: 'a certificate that cannot be used',
    message: /^cannot listen on 127.0.0.1 port 0: /,
    prepare: () => ({ tls: { cert: 'no certificate', key: 'no key' } }),
  },
];

describe('a start that fails leaves nothing open', () => {
  test.each(steps)('by $step', async ({ prepare, message }) => {
    await using ends = new AsyncDisposableStack();
    const changed = await prepare(ends);
    left.takeStock();
    await expect(Server.start({ config: everything(), log: testLog, ...changed })).rejects.toThrow(message);
    expect(left.files).toEqual([]);
    await left.areGone();
  });

  test('after each part that was started, and what listened to its events can be forgotten', async () => {
    for (let part = 1; ; part += 1) {
      using _failing = failAfter(part);
      const server = await Server.start({ config: everything(), log: testLog }).catch(
        (error: Error) => error,
      );
      if (server instanceof Server) {
        expect(part).toBeGreaterThan(12);
        await server.stop();
        await left.areGone();
        break;
      }
      expect(server.message).toBe(`the step after part ${part} failed`);
      expect(left.files).toEqual([]);
      await left.areGone();
    }
    const { made, kept } = await left.buses();
    expect(made).toBeGreaterThan(10);
    // The collector of the engine may take a number on the stack for the address of one.
    expect(kept).toBeLessThan(3);
  });

  test('by a file, and does not reject before the workers that were starting run and can be ended', async () => {
    const started = spyOn(WorkerPool.prototype, 'start');
    const config = everything({ TUREEN_ADMIN_PANELS: join(folder, 'none.tsx') });
    await expect(Server.start({ config, log: testLog })).rejects.toThrow('TUREEN_ADMIN_PANELS');
    expect(Bun.peek.status(started.mock.results[0]?.value)).toBe('fulfilled');
    started.mockRestore();
    await left.areGone();
  });

  test('also when a part cannot be ended, and the error is still that of the step', async () => {
    await using ends = new AsyncDisposableStack();
    const config = everything({ PORT: takenPort(ends) });
    left.takeStock();
    const close = ends.use(failingToClose());
    await expect(Server.start({ config, log: testLog })).rejects.toThrow('Free the port or set PORT');
    expect(close).toHaveBeenCalledTimes(1);
    expect(logLines.at(-1)).toContain('a part could not be ended after the server failed to start');
    await left.areGone();
  });
});

/** Makes the measurements throw after they were closed. */
function failingToClose() {
  const { close } = Measurements.prototype;
  return spyOn(Measurements.prototype, 'close').mockImplementation(async function (this: Measurements) {
    await close.call(this);
    throw new Error('the measurements cannot be closed');
  });
}

describe('a stop', () => {
  test('leaves nothing open of a server in the middle of its work, and is harmless the second time', async () => {
    const config = everything({ TUREEN_ADMIN_PORT: undefined });
    const server = await Server.start({ config, log: testLog });
    server.store.users.put({ name: 'viewer', passwordHash: null, role: 'viewer', origin: 'page' });
    const page = await Visitor.as(server, 'viewer').get('/live/overview', { accept: 'text/event-stream' });
    const { client } = await enter({ server, peerId: 'alice' });
    const controller = await TestController.connect(server);
    await controller.ask('createEndpoint', { roomId: 'room', peerId: 'telephone' });
    await script(server)('POST', '/rooms/room/broadcasters', { id: 'film' });
    expect(page.status).toBe(200);
    expect(server.sfu.rooms.get('room')?.peers.size).toBe(3);
    const { port } = server;
    expect(left.things).toContain(`port ${port}`);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(left.things.filter((thing) => thing.startsWith('timer'))).toEqual([]);
    expect(await client.closed).toMatchObject({ code: 1012 });
    expect(await controller.client.closed).toMatchObject({ code: 1012 });
    await left.areGone();
    // The port can be had again at once.
    await using again = await Server.start({ config: { ...config, port }, log: testLog });
    expect(again.port).toBe(port);
  });

  test('ends every part, also when one of them cannot be ended', async () => {
    const server = await Server.start({ config: everything(), log: testLog });
    using _close = failingToClose();
    await expect(server.stop()).rejects.toThrow('the measurements cannot be closed');
    await left.areGone();
  });

  test('leaves no task on the clock', async () => {
    const clock = new TestClock();
    const server = await Server.start({ config: everything(), log: testLog, clock });
    expect(clock.waiting).toBeGreaterThan(2);
    clock.advance(500);
    await server.stop();
    expect(clock.waiting).toBe(0);
  });

  test('is not undone by a sample of the dashboard that was on its way', async () => {
    await using server = await Server.start({ config: everything(), log: testLog });
    const clock = new TestClock();
    const monitor = new Monitor({ sfu: server.sfu, clock });
    const sampled = Promise.withResolvers<void>();
    monitor.onChange(() => sampled.resolve());
    clock.advance(500);
    monitor.close();
    await sampled.promise;
    // It would have taken the next one by the end of this turn of the loop.
    await new Promise(setImmediate);
    expect(clock.waiting).toBe(0);
  });

  test('tells receivers of webhooks what it ended, and still answers those who come meanwhile', async () => {
    await using receiver = new WebhookReceiver();
    left.takeStock();
    const config = everything({ TUREEN_WEBHOOKS: JSON.stringify([entry('one', receiver.url)]) });
    const server = await Server.start({ config, log: testLog });
    const { client } = await enter({ server, peerId: 'alice' });
    await receiver.takes(2);
    const late: unknown[] = [];
    receiver.answer = async () => {
      const controller = await SignalingClient.connect({ server, path: '/control' });
      const peer = await SignalingClient.connect({ server, peerId: 'bob' });
      const ready = await fetch(`http://127.0.0.1:${server.port}/readyz`);
      late.push([ready.status, (await controller.closed).code, (await peer.closed).code]);
      return new Response();
    };
    await server.stop();
    expect(await client.closed).toMatchObject({ code: 1012 });
    expect(receiver.seen).toEqual([
      'room_started room 1',
      'peer_joined room 2',
      'peer_left room 3',
      'room_finished room 4',
    ]);
    expect(late).toEqual([
      [503, 1012, 1013],
      [503, 1012, 1013],
    ]);
    await left.areGone();
  });

  test('is not undone by a new certificate or a configuration that is read again', async () => {
    const { cert, key } = await makeCertificate(folder, 'first.test');
    const config = { ...everything({ TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key }) };
    const tls = await readTls(config);
    if (!tls) throw new Error('there is no certificate');
    const server = await Server.start({ config, log: testLog, tls });
    await server.stop();
    server.replaceTls(tls);
    Object.assign(config, { webhooks: [] });
    server.programs.followConfig();
    await left.areGone();
  });
});
