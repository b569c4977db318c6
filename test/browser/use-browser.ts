import { afterAll, afterEach, beforeAll, expect } from 'bun:test';
import { Browser, type BrowserOptions, pageTimeoutMs } from './support.ts';

/** A browser for all tests of a file. Every test ends without a page, and without a problem in any console. */
export function useBrowser(options: BrowserOptions = {}): { readonly browser: Browser } {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await Browser.launch(options);
  }, pageTimeoutMs);
  afterEach(async () => {
    await browser?.closePages();
    expect(browser?.problems()).toEqual([]);
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
  });
  return {
    get browser() {
      if (!browser) throw new Error('the browser starts with the first test');
      return browser;
    },
  };
}
