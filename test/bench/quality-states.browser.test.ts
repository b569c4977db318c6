import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { type RunningBrowser, startBrowser } from '../../bench/harness/browser.ts';
import type { CallPlace } from '../../bench/pages/call-page.ts';
import { BadNetwork, mayMakeBadNetworks } from '../support/bad-network/bad-network.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';

setDefaultTimeout(240_000);

/** What a page sees, and says of its connection, lately. */
interface Look {
  readonly lines: number | undefined;
  readonly level: string | undefined;
}

/** States, and no times, which are those of the machine: the benchmark `quality` has them. */
describe.if(mayMakeBadNetworks)('a receiver over a bad network', () => {
  let stack: AsyncDisposableStack;
  let network: BadNetwork;
  let server: Awaited<ReturnType<typeof startServer>>;
  let receiver: Page;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    network = stack.use(await BadNetwork.make());
    const places = { HOST: network.nearAddress, TUREEN_LISTEN_IP: network.nearAddress };
    server = await startServer({ ...withKeys, ...places, TUREEN_ALLOWED_ORIGINS: '*' });
    stack.defer(() => server.stop());
    const page = { script: 'bench/pages/call.ts', offers: 'callPage' };
    const near = stack.use(await startBrowser(page));
    const far = stack.use(await startBrowser({ ...page, wrap: (program) => network.wrap(program) }));
    await enter(near, 'sender');
    receiver = await enter(far, 'receiver');
  });

  afterAll(() => stack.disposeAsync());

  async function enter(browser: RunningBrowser, role: CallPlace['role']): Promise<Page> {
    const page = await browser.open();
    const url = `ws://${network.nearAddress}:${server.port}`;
    const token = await tokenFor('1', role);
    const place: CallPlace = { side: 'ours', url, roomId: '1', codec: 'vp8', role, peerId: role, token };
    await page.evaluate((place) => callPage.enter(place), place);
    return page;
  }

  /** Waits until what the page saw and said since the last look is as it should be. */
  const sees = (what: string, isSo: (look: Look) => boolean) =>
    eventually(
      what,
      async (): Promise<Look> => {
        const { frames, told } = await receiver.evaluate(() => callPage.notes());
        return { lines: frames.at(-1)?.lines, level: told.at(-1)?.level };
      },
      isSo,
    );
  const seesAll = (what: string) => sees(what, ({ lines, level }) => lines === 720 && level === 'good');

  test('a line that becomes thin gets a smaller picture, says so, and has the whole one back', async () => {
    await seesAll('the whole picture');
    await network.become({ down: { rate: 250_000 } });
    await sees('a smaller picture', ({ lines = 720, level }) => lines < 720 && level !== 'good');
    await network.become({});
    await seesAll('the whole picture again');
  });

  test('loss is not called good, although it is repaired', async () => {
    await seesAll('the whole picture');
    await network.become({ down: { loss: 0.15 } });
    await sees('the loss', ({ level }) => level === 'fair' || level === 'poor');
    await network.become({});
    await seesAll('the whole picture again');
  });

  test('a cut is called lost, and all is as before afterwards, with the same session', async () => {
    await seesAll('the whole picture');
    const { sessionId } = server.sfu.peer('1', 'receiver');
    await network.become({ down: { blocked: 'all' }, up: { blocked: 'all' } });
    await sees('that nothing comes', ({ lines, level }) => lines === undefined && level === 'lost');
    await network.become({});
    await seesAll('the whole picture again');
    expect(server.sfu.peer('1', 'receiver')).toMatchObject({ sessionId, away: false });
  });
});
