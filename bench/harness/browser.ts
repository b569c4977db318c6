import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Route } from 'playwright-core';
import { bundle } from '../../client/build.ts';
import { chromiumFlags, fakeConsent, fakeDevices } from './chromium-flags.ts';
import { root } from './server.ts';

/** Where pages come from. It is answered without a network, and devices are open to it. */
const origin = 'http://localhost';

/** A browser under measurement. */
export interface RunningBrowser extends AsyncDisposable {
  /** Opens a page that holds nothing but the script. */
  open(): Promise<Page>;
}

export interface BrowserOptions {
  /** Path in the project of what the pages run, bundled. */
  script: string;
  /** Runs in a page before the script. */
  before?: () => void;
  /** What the script defines when it is ready. */
  offers: string;
  /** Starts the browser in another place: a program that is given its path @returns the program to start instead */
  wrap?: (program: string) => Promise<string>;
  moreFlags?: readonly string[];
}

/** Starts Chromium with a fake camera and pages that run one script of the project. */
export async function startBrowser(options: BrowserOptions): Promise<RunningBrowser> {
  const { before, offers } = options;
  const code = Buffer.from(await bundle(join(root, options.script)));
  const profile = mkdtempSync(join(tmpdir(), 'tureen-bench-browser-'));
  const stop = async (context?: BrowserContext) => {
    await context?.close();
    rmSync(profile, { recursive: true, force: true });
  };
  try {
    const context = await launch(profile, options);
    // The servers are on this machine, where an address of the web may not reach without being asked.
    await context.grantPermissions(['local-network-access'], { origin });
    await context.route(`${origin}/**`, (route) => answer(route, code));
    if (before) await context.addInitScript(before);
    return {
      open: () => openPage(context, offers),
      [Symbol.asyncDispose]: () => stop(context),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function answer(route: Route, script: Buffer): Promise<void> {
  const { pathname } = new URL(route.request().url());
  if (pathname === '/page.js') return route.fulfill({ body: script, contentType: 'text/javascript' });
  if (pathname !== '/') return route.fulfill({ status: 204 });
  const body = '<!doctype html><body><script type="module" src="/page.js"></script>';
  return route.fulfill({ body, contentType: 'text/html' });
}

async function launch(profile: string, { wrap, moreFlags = [] }: BrowserOptions): Promise<BrowserContext> {
  const program = process.env.TUREEN_TEST_BROWSER ?? Bun.which('chromium') ?? undefined;
  if (!program) {
    throw new Error(
      'this benchmark drives Chromium: install Debian\'s package "chromium", then run it again',
    );
  }
  const executablePath = (await wrap?.(program)) ?? program;
  const args = [...chromiumFlags, fakeDevices, fakeConsent, ...moreFlags];
  return await chromium.launchPersistentContext(profile, { executablePath, headless: true, args });
}

async function openPage(context: BrowserContext, offers: string): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`a page says: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.error(`a page failed: ${error.message}`));
  await page.goto(origin);
  await page.waitForFunction((name) => name in globalThis, offers);
  return page;
}
