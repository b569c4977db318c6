import { afterAll, expect, test } from 'bun:test';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../../scripts/machine/console.ts';
import type { BuildOptions } from '../../worker/build.ts';
import { cacheFolder, type ProvidedWorker, provideWorker } from '../../worker/provide.ts';
import { findMediasoup, hashRecipe } from '../../worker/recipe.ts';
import { packWorker, realWorker, withFolder, writeScript } from './fixtures.ts';

const { version } = await findMediasoup();
const builtFolder = `${version}-${await hashRecipe(version)}`;

const goodArchive = await withFolder((folder) => packWorker(folder, realWorker));
const badArchive = await withFolder(async (folder) =>
  packWorker(folder, await writeScript(join(folder, 'bad'), 'exit 1')),
);

/** A download server: what it answers depends on the first part of the path. */
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request) {
    const [, kind, ...rest] = new URL(request.url).pathname.split('/');

    asked.push(rest.join('/'));

    switch (kind) {
      case 'good':
        return new Response(goodArchive);
      case 'bad':
        return new Response(badArchive);
      case 'cut':
        return new Response(goodArchive.subarray(0, 100_000));
      case 'text':
        return new Response('this is no archive');
      default:
        return new Response('nothing here', { status: 404 });
    }
  },
});
const asked: string[] = [];

afterAll(() => server.stop(true));

/** A machine with an empty cache, on which a build takes no time. */
class Machine {
  readonly said: string[] = [];
  builds = 0;
  /** Short only where they are what is tested. */
  readonly timeouts = { answerTimeoutMs: 30_000, stallTimeoutMs: 30_000 };
  readonly #cache: string;

  constructor(cache: string) {
    this.#cache = cache;
  }

  build = async ({ folder }: BuildOptions): Promise<string> => {
    const path = join(folder, 'fresh');

    this.builds++;
    await copyFile(realWorker, path);

    return path;
  };

  provide(baseUrl: string, env: Record<string, string> = {}): Promise<ProvidedWorker> {
    return provideWorker({
      env: { XDG_CACHE_HOME: this.#cache, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: baseUrl, ...env },
      ...this.timeouts,
      build: this.build,
      say: (line) => this.said.push(line),
    });
  }

  /** What the cache holds, without the lock. */
  async files(): Promise<string[]> {
    const names = await readdir(join(this.#cache, 'tureen/worker'), { recursive: true });

    return names.filter((name) => !name.startsWith('lock')).sort();
  }
}

function withMachine(run: (machine: Machine, cache: string) => Promise<void>): Promise<void> {
  return withFolder((cache) => run(new Machine(cache), cache));
}

const HALF_ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(10_000)}`;

/** A listener that accepts and then does what it is told, below HTTP: it answers nothing, a part, or breaks off. */
async function withListener(
  { answer = '', breaksOff = false },
  run: (url: string) => Promise<void>,
): Promise<void> {
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket) {
        socket.write(answer);

        if (breaksOff) {
          socket.end();
        }
      },
    },
  });

  try {
    await run(`http://127.0.0.1:${listener.port}`);
  } finally {
    listener.stop(true);
  }
}

test('MEDIASOUP_WORKER_BIN is used before anything else', async () => {
  await withMachine(async (machine) => {
    const worker = await machine.provide(`${server.url}good`, { MEDIASOUP_WORKER_BIN: realWorker });

    expect(worker).toEqual({ path: realWorker, origin: 'environment' });
    expect(machine.said).toEqual([]);
    expect(machine.builds).toBe(0);
  });
});

test('a wrong MEDIASOUP_WORKER_BIN stops the start instead of being replaced', async () => {
  await withMachine(async (machine) => {
    const start = machine.provide(`${server.url}good`, { MEDIASOUP_WORKER_BIN: '/nowhere/worker' });

    await expect(start).rejects.toThrow(
      /^MEDIASOUP_WORKER_BIN is set, but there is no media worker at \/nowhere\/worker: .*\. Correct it, or unset it to use the worker that the set-up provides\.$/,
    );
    expect(machine.builds).toBe(0);
  });
});

test('the official worker is downloaded, verified and found in the cache from then on', async () => {
  await withMachine(async (machine, cache) => {
    const path = join(
      cache,
      `tureen/worker/${version}-prebuilt-${process.platform}-${process.arch}/mediasoup-worker`,
    );

    asked.length = 0;
    expect(await machine.provide(`${server.url}good`)).toEqual({ path, origin: 'prebuilt' });
    expect(await machine.provide(`${server.url}good`)).toEqual({ path, origin: 'cache' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(new RegExp(`^${version}/mediasoup-worker-${version}-[a-z]+-[a-z0-9-]+\\.tgz$`));
    expect(machine.builds).toBe(0);
    expect((await machine.files()).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

test.each([
  ['a worker that does not run', 'bad', 'it did not start'],
  ['half an archive', 'cut', 'the download cannot be unpacked'],
  ['something that is no archive', 'text', 'the download cannot be unpacked'],
  ['no worker for this machine', 'missing', 'the server answered 404 Not Found'],
])('a server that has %s leads to a build, and nothing of it stays', async (_what, kind, reason) => {
  await withMachine(async (machine, cache) => {
    expect(await machine.provide(`${server.url}${kind}`)).toEqual({
      path: join(cache, 'tureen/worker', builtFolder, 'mediasoup-worker'),
      origin: 'built',
    });
    expect(machine.said.join('\n')).toContain(reason);
    expect(await machine.files()).toEqual([
      builtFolder,
      `${builtFolder}/mediasoup-worker`,
      `${builtFolder}/verified`,
    ]);
  });
});

test('a host that refuses connections leads to a build', async () => {
  let closed = '';

  await withListener({}, async (url) => {
    closed = url;
  });
  await withMachine(async (machine) => {
    expect((await machine.provide(closed)).origin).toBe('built');
    expect(machine.said.join('\n')).toContain('the official media worker is not available (127.0.0.1:');
  });
});

test('a host that accepts and never answers leads to a build', async () => {
  await withListener({}, (url) =>
    withMachine(async (machine) => {
      machine.timeouts.answerTimeoutMs = 300;
      expect((await machine.provide(url)).origin).toBe('built');
      expect(machine.said.join('\n')).toContain('no answer within 0.3 seconds');
    }),
  );
});

test('a connection that breaks in the middle of a download leads to a build, and nothing of it stays', async () => {
  await withListener({ answer: HALF_ANSWER, breaksOff: true }, (url) =>
    withMachine(async (machine) => {
      expect((await machine.provide(url)).origin).toBe('built');
      expect(await machine.files()).toHaveLength(3);
    }),
  );
});

test('a download that stands still leads to a build, and nothing of it stays', async () => {
  await withListener({ answer: HALF_ANSWER }, (url) =>
    withMachine(async (machine) => {
      machine.timeouts.stallTimeoutMs = 300;
      expect((await machine.provide(url)).origin).toBe('built');
      expect(machine.said.join('\n')).toContain('no more data within 0.3 seconds');
      expect(await machine.files()).toHaveLength(3);
    }),
  );
});

test('a build that fails leaves nothing in the cache, and the next start builds again', async () => {
  await withMachine(async (machine, cache) => {
    const env = { XDG_CACHE_HOME: cache, MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: 'true' };
    const failing = async ({ folder }: BuildOptions): Promise<string> => {
      await Bun.write(join(folder, 'half'), 'made');
      throw new SetupError('ninja says no');
    };

    await expect(provideWorker({ env, build: failing, say: () => {} })).rejects.toThrow('ninja says no');
    expect((await provideWorker({ env, build: machine.build, say: () => {} })).origin).toBe('built');
    expect(await machine.files()).toHaveLength(3);
  });
});

test('a build whose result fails verification is not kept', async () => {
  await withMachine(async (machine, cache) => {
    const env = { XDG_CACHE_HOME: cache, MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: 'true' };
    const build = ({ folder }: BuildOptions): Promise<string> => writeScript(join(folder, 'out'), 'exit 1');

    await expect(provideWorker({ env, build, say: () => {} })).rejects.toThrow('is not a media worker');
    await provideWorker({ env, build, say: () => {} }).catch(() => {});
    expect(await machine.files()).toEqual([]);
  });
});

test('a worker in the cache that is broken is replaced', async () => {
  await withMachine(async (machine) => {
    const { path } = await machine.provide(`${server.url}missing`);

    await writeScript(path, 'exit 1');

    expect(await machine.provide(`${server.url}missing`)).toEqual({ path, origin: 'built' });
    expect(machine.said.join('\n')).toContain('the media worker in the cache is not used');
    expect(await machine.provide(`${server.url}missing`)).toEqual({ path, origin: 'cache' });
  });
});

test('what a killed build left behind is removed', async () => {
  await withMachine(async (machine, cache) => {
    await Bun.write(join(cache, 'tureen/worker/.tmp-old/worker/half'), 'made');
    await machine.provide(`${server.url}missing`);

    expect((await machine.files()).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

test('of two starts at once one builds and the other waits for it', async () => {
  await withMachine(async (machine) => {
    const workers = await Promise.all([
      machine.provide(`${server.url}missing`),
      machine.provide(`${server.url}missing`),
    ]);

    expect(machine.builds).toBe(1);
    expect(workers.map(({ origin }) => origin).sort()).toEqual(['built', 'cache']);
    expect(machine.said).toContain('another command is providing the media worker, waiting for it');
  });
});

test('a cache folder that cannot be made is named with what to do', async () => {
  await withFolder(async (folder) => {
    await Bun.write(join(folder, 'file'), '');

    await expect(
      provideWorker({ env: { XDG_CACHE_HOME: join(folder, 'file') }, say: () => {} }),
    ).rejects.toThrow('Set XDG_CACHE_HOME to a folder that you may write to.');
  });
});

test('the cache folder follows the XDG rules', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x');
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative', HOME: '/h' })).toBe('/h/.cache');
  expect(cacheFolder({ XDG_CACHE_HOME: '', HOME: '/h' })).toBe('/h/.cache');
});
