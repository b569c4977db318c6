import { constants, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { reasonOf, SetupError, say } from '../scripts/machine/console.ts';
import { ensurePackages } from '../scripts/machine/packages.ts';
import { type BuildOptions, buildWorker } from './build.ts';
import { withLock } from './lock.ts';
import { downloadPrebuilt, OFFICIAL_BASE_URL, prebuiltUrl } from './prebuilt.ts';
import { BUILD_PACKAGES, findMediasoup, hashRecipe, type MediasoupPackage } from './recipe.ts';
import { verifyWorker } from './verify.ts';

/** The worker that was provided, and where it came from. */
export interface ProvidedWorker {
  path: string;
  origin: 'environment' | 'cache' | 'prebuilt' | 'built';
}

/** Everything has a default. Tests replace some of it. */
export interface ProvideOptions {
  env?: Record<string, string | undefined>;
  answerTimeoutMs?: number;
  stallTimeoutMs?: number;
  verifyTimeoutMs?: number;
  build?: (options: BuildOptions) => Promise<string>;
  say?: (line: string) => void;
}

/** The options with their defaults, and what follows from them. */
interface Plan
  extends Required<Omit<ProvideOptions, 'answerTimeoutMs' | 'stallTimeoutMs' | 'verifyTimeoutMs'>> {
  timeouts: Pick<ProvideOptions, 'answerTimeoutMs' | 'stallTimeoutMs'>;
  verifyTimeoutMs: number | undefined;
  mediasoup: MediasoupPackage;
  /** The folder of all workers of this user. */
  root: string;
  /** The folders in it for the official worker of this version and for one that was built here. */
  prebuiltFolder: string;
  builtFolder: string;
  url: string;
}

const BINARY = 'mediasoup-worker';
const TEMPORARY_PREFIX = '.tmp-';

/**
 * Provides a media worker that is verified to work and to be of the right version: the one that MEDIASOUP_WORKER_BIN
 * names, else one from the cache, else the official prebuilt, else one built here.
 *
 * @throws SetupError that says what is wrong and what to do.
 */
export async function provideWorker(options: ProvideOptions = {}): Promise<ProvidedWorker> {
  const plan = await makePlan(options);
  const override = plan.env.MEDIASOUP_WORKER_BIN;

  if (override) {
    return fromEnvironment(plan, resolve(override));
  }

  return (await fromCache(plan)) ?? (await fromOutside(plan));
}

async function makePlan(options: ProvideOptions): Promise<Plan> {
  const env = options.env ?? process.env;
  const mediasoup = await findMediasoup();
  const root = join(cacheFolder(env), 'tureen/worker');
  const { version } = mediasoup;
  // Mediasoup's own variable, for those who host the releases themselves.
  const url = prebuiltUrl(env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || OFFICIAL_BASE_URL, version);

  return {
    env,
    build: options.build ?? buildHere,
    say: options.say ?? say,
    timeouts: { answerTimeoutMs: options.answerTimeoutMs, stallTimeoutMs: options.stallTimeoutMs },
    verifyTimeoutMs: options.verifyTimeoutMs,
    mediasoup,
    root,
    prebuiltFolder: join(root, `${version}-prebuilt-${process.platform}-${process.arch}`),
    builtFolder: join(root, `${version}-${await hashRecipe(version)}`),
    url,
  };
}

/** The user's cache folder (XDG Base Directory Specification). */
export function cacheFolder(env: Record<string, string | undefined>): string {
  const { XDG_CACHE_HOME } = env;

  return XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)
    ? XDG_CACHE_HOME
    : join(env.HOME || homedir(), '.cache');
}

async function fromEnvironment(plan: Plan, path: string): Promise<ProvidedWorker> {
  const name = new Bun.CryptoHasher('sha256').update(path).digest('hex').slice(0, 16);

  try {
    await verify(plan, path, join(plan.root, `environment-${name}.verified`));
  } catch (error) {
    throw new SetupError(
      `MEDIASOUP_WORKER_BIN is set, but ${reasonOf(error)}. Correct it, or unset it to use the worker that the set-up provides.`,
    );
  }

  return { path, origin: 'environment' };
}

async function fromCache(plan: Plan): Promise<ProvidedWorker | undefined> {
  for (const folder of [plan.prebuiltFolder, plan.builtFolder]) {
    const path = join(folder, BINARY);

    if (!existsSync(path)) {
      continue;
    }

    try {
      await verify(plan, path);

      return { path, origin: 'cache' };
    } catch (error) {
      plan.say(`the media worker in the cache is not used: ${reasonOf(error)}`);
    }
  }

  return undefined;
}

/** Gets a worker that is not in the cache. Under a lock, so that two processes do not build the same worker. */
async function fromOutside(plan: Plan): Promise<ProvidedWorker> {
  await makeRoot(plan.root);

  const waiting = (): void => plan.say('another command is providing the media worker, waiting for it');

  return withLock(
    join(plan.root, 'lock'),
    async () => {
      await removeLeftovers(plan.root);

      return (await fromCache(plan)) ?? (await fromPrebuilt(plan)) ?? (await fromSource(plan));
    },
    waiting,
  );
}

async function makeRoot(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true });
    await access(root, constants.W_OK);
  } catch (error) {
    throw new SetupError(
      `the media worker is stored in ${root}, which is not writable: ${reasonOf(error)}. ` +
        'Set XDG_CACHE_HOME to a folder that you may write to.',
    );
  }
}

/** Removes unfinished workers of processes that were killed. The caller holds the lock, so no process uses them. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(TEMPORARY_PREFIX)) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
}

async function fromPrebuilt(plan: Plan): Promise<ProvidedWorker | undefined> {
  // Mediasoup's own variable to turn off the download.
  if (plan.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) {
    return undefined;
  }

  plan.say(`downloading the official media worker ${plan.mediasoup.version}`);

  try {
    return await install(plan, plan.prebuiltFolder, 'prebuilt', (folder) =>
      downloadPrebuilt({ url: plan.url, folder, ...plan.timeouts }),
    );
  } catch (error) {
    plan.say(`the official media worker is not available (${reasonOf(error)})`);

    return undefined;
  }
}

async function fromSource(plan: Plan): Promise<ProvidedWorker> {
  const { mediasoup, say } = plan;
  const logFile = `${plan.builtFolder}.log`;
  const worker = await install(plan, plan.builtFolder, 'built', (folder) =>
    plan.build({ mediasoup, folder, logFile, say }),
  );

  // The log is only of use when the build fails.
  await rm(logFile, { force: true });

  return worker;
}

async function buildHere(options: BuildOptions): Promise<string> {
  await ensurePackages(BUILD_PACKAGES, 'to build the media worker');
  options.say(
    `building the media worker ${options.mediasoup.version} from source (once, takes a few minutes)`,
  );

  return buildWorker(options);
}

/** Makes a worker in a temporary folder, verifies it, and moves it into the cache atomically. */
async function install(
  plan: Plan,
  target: string,
  origin: 'prebuilt' | 'built',
  make: (folder: string) => Promise<string>,
): Promise<ProvidedWorker> {
  const temporary = await mkdtemp(join(plan.root, TEMPORARY_PREFIX));

  try {
    const finished = join(temporary, 'finished');
    const path = join(finished, BINARY);

    await mkdir(finished);
    await rename(await make(temporary), path);
    await verify(plan, path);
    await rm(target, { recursive: true, force: true });
    await rename(finished, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }

  return { path: join(target, BINARY), origin };
}

function verify(plan: Plan, path: string, stamp = join(dirname(path), 'verified')): Promise<void> {
  return verifyWorker({ path, version: plan.mediasoup.version, stamp, timeoutMs: plan.verifyTimeoutMs });
}
