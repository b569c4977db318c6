import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { bundle } from '../../client/build.ts';
import { chromiumFlags, fakeConsent, fakeDevices } from './chromium-flags.ts';
import { root } from './server.ts';

/** A browser under measurement, and the small server that its pages come from. */
export interface RunningBrowser extends AsyncDisposable {
  /** Opens a page that holds nothing but the script. */
  open(): Promise<Page>;
}

export interface BrowserOptions {
  /** Path in the project of what the pages run, bundled. */
  script: string;
  /** Runs in a page before the script. */
  before: () => void;
}

/** Starts Chromium with a fake camera and pages that run one script of the project. */
export async function startBrowser({ script, before }: BrowserOptions): Promise<RunningBrowser> {
  const code = await bundle(join(root, script));
  const pages = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    routes: {
      '/': new Response('<!doctype html><body><script type="module" src="/page.js"></script>', {
        headers: { 'content-type': 'text/html' },
      }),
      '/favicon.ico': new Response(null, { status: 204 }),
      '/page.js': new Response(code, { headers: { 'content-type': 'text/javascript' } }),
    },
  });
  const profile = mkdtempSync(join(tmpdir(), 'tureen-bench-browser-'));
  const stop = async (context?: BrowserContext) => {
    await context?.close();
    await pages.stop(true);
    rmSync(profile, { recursive: true, force: true });
  };
  try {
    const context = await launch(profile);
    await context.addInitScript(before);
    return {
      open: () => openPage(context, pages.url.href),
      [Symbol.asyncDispose]: () => stop(context),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function launch(profile: string): Promise<BrowserContext> {
  const executablePath = process.env.TUREEN_TEST_BROWSER ?? Bun.which('chromium') ?? undefined;
  if (!executablePath) {
    throw new Error(
      'this benchmark drives Chromium: install Debian\'s package "chromium", then run it again',
    );
  }
  const args = [...chromiumFlags, fakeDevices, fakeConsent];
  return await chromium.launchPersistentContext(profile, { executablePath, headless: true, args });
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`a page says: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.error(`a page failed: ${error.message}`));
  await page.goto(url);
  await page.waitForFunction(() => 'measuredPage' in globalThis);
  return page;
}
