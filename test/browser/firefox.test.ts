import { afterAll, beforeAll, setDefaultTimeout, test } from 'bun:test';
import puppeteer, { type Browser as Firefox, type Page as FirefoxPage } from 'puppeteer-core';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { pageTimeoutMs, prepare, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';

setDefaultTimeout(3 * pageTimeoutMs);

/** Fake devices, permissions given, and sound without a click. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // Else it looks for a multicast DNS that a machine of a test does not have.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};

const held = useBrowser();
let server: Server;
let firefox: Firefox;

beforeAll(async () => {
  server = await startServer();
  firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.TUREEN_TEST_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: preferences,
    timeout: pageTimeoutMs,
  });
}, 2 * pageTimeoutMs);

afterAll(async () => {
  await firefox?.close();
  await server.stop();
});

async function open(room: string, name: string): Promise<FirefoxPage> {
  const page = await firefox.newPage();
  page.setDefaultTimeout(pageTimeoutMs);
  await page.evaluateOnNewDocument(prepare);
  await page.goto(`http://localhost:${server.port}/?room=${room}`);
  await page.waitForSelector('#name');
  await page.type('#name', name);
  await page.waitForSelector('#preview-camera[aria-pressed=true]');
  await page.click('#join');
  await page.waitForSelector('#call:not([hidden])');
  return page;
}

test('Firefox and Chromium see and hear each other, in development mode too', async () => {
  const chromium = await held.browser.open(server, { room: 'mixed', name: 'Chromium' });
  const page = await open('mixed', 'Firefox');
  await Promise.all([seesAndHears(chromium, 1), seesAndHears(page, 1)]);
  await page.close();
  await eventually(
    'that Chromium shows itself alone',
    () => chromium.locator('.tile').count(),
    (tiles) => tiles === 1,
  );
});
