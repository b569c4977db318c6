import type { Page } from 'playwright-core';
import { BadNetwork } from '../../test/support/bad-network/bad-network.ts';
import { tokenFor, withKeys } from '../../test/support/server.ts';
import { type RunningBrowser, startBrowser } from '../harness/browser.ts';
import { startJanus } from '../harness/janus.ts';
import { startServer } from '../harness/server.ts';
import type { CallNotes, CallPlace, HeardSound, SeenFrame, ToldQuality } from '../pages/call-page.ts';
import type { Cell } from './cells.ts';
import { CameraFile, MicrophoneFile } from './devices.ts';
import { type CellFigures, figuresOf, isLive, liveSince, type Stretch } from './figures.ts';

export type CallSide = CallPlace['side'];

const pollMs = 250;
/** Until the whole picture is there and has most of its bits, and until it is back after the network is good again. */
const startsMs = 8000;
const leastStartMs = 4000;
const returnsMs = 12_000;
const leastAfterwardsMs = 2000;
const second = 1000;

const now = () => performance.timeOrigin + performance.now();

/** Both servers, a browser on a good network and one behind a bad one. They live through all cells. */
export class Places implements AsyncDisposable {
  #rooms = 0;

  private constructor(
    private readonly stack: AsyncDisposableStack,
    private readonly network: BadNetwork,
    private readonly browsers: { readonly near: RunningBrowser; readonly far: RunningBrowser },
    private readonly urls: Readonly<Record<CallSide, string>>,
  ) {}

  static async make(): Promise<Places> {
    await using stack = new AsyncDisposableStack();
    const network = stack.use(await BadNetwork.make());
    const address = network.nearAddress;
    const janus = stack.use(await startJanus({ eventLoops: 0, address }));
    // With keys, since a server without them is in development mode, which others cannot reach.
    const environment = {
      ...withKeys,
      HOST: '0.0.0.0',
      TUREEN_ALLOWED_ORIGINS: '*',
      TUREEN_LISTEN_IP: address,
    };
    const ours = stack.use(await startServer({ side: 'ours', workers: 1, environment }));
    const camera = stack.use(await CameraFile.make());
    const microphone = stack.use(new MicrophoneFile());
    const moreFlags = [
      `--use-file-for-fake-video-capture=${camera.path}`,
      `--use-file-for-fake-audio-capture=${microphone.path}`,
    ];
    const page = { script: 'bench/pages/call.ts', offers: 'callPage', moreFlags };
    const near = stack.use(await startBrowser(page));
    const far = stack.use(await startBrowser({ ...page, wrap: (program) => network.wrap(program) }));
    const urls = { ours: `ws://${address}:${ours.port}`, janus: `ws://${address}:${janus.port}` };
    return new Places(stack.move(), network, { near, far }, urls);
  }

  /** A call of three, in which the network of one is bad for a while. */
  async measure(side: CallSide, cell: Cell): Promise<CellFigures> {
    this.#rooms += 1;
    const at = { side, url: this.urls[side], roomId: String(1000 + this.#rooms), codec: cell.codec };
    const { near, far } = this.browsers;
    await using call = new AsyncDisposableStack();
    const enter = async (browser: RunningBrowser, role: CallPlace['role'], peerId: string = role) => {
      const page = call.adopt(await browser.open(), (page) => page.close());
      const place: CallPlace = { ...at, role, peerId, token: await tokenFor(at.roomId, peerId) };
      await page.evaluate((place) => callPage.enter(place), place);
      return new Listener(page);
    };
    if (cell.fromStart) await this.network.become(cell.conditions);
    const sender = await enter(cell.way === 'up' ? far : near, 'sender');
    const [receiver, other] = await Promise.all([
      enter(cell.way === 'down' ? far : near, 'receiver'),
      enter(near, 'receiver', 'other'),
    ]);
    const all = [sender, receiver, other];
    const read = () => Promise.all(all.map((one) => one.read()));
    const enteredAt = now();
    const started = () => now() > enteredAt + leastStartMs && [receiver, other].every(isLiveNow);
    if (!cell.fromStart) await poll(read, startsMs, started);
    const bad = await this.#become(cell, read);
    const afterwards = { from: bad.until, until: Number.POSITIVE_INFINITY };
    await poll(read, returnsMs, () => {
      if (now() < bad.until + leastAfterwardsMs) return false;
      return liveSince(receiver.frames, { ...afterwards, until: now() }) !== undefined;
    });
    const judge = cell.way === 'down' ? receiver : sender;
    return figuresOf({ receiver, other, told: judge.told, bad, until: now() });
  }

  /** Makes the network as bad as the cell says, and good again. @returns when it was bad */
  async #become({ conditions, seconds }: Cell, read: () => Promise<unknown>): Promise<Stretch> {
    try {
      await this.network.become(conditions);
      const from = now();
      await poll(read, seconds * second, () => false);
      return { from, until: now() };
    } finally {
      await this.network.become({});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

const isLiveNow = ({ frames }: CallNotes) => isLive(frames, now() - second);

/** What a page has noted so far. */
class Listener implements CallNotes {
  readonly frames: SeenFrame[] = [];
  readonly sounds: HeardSound[] = [];
  readonly told: ToldQuality[] = [];

  constructor(private readonly page: Page) {}

  async read(): Promise<void> {
    const { frames, sounds, told } = await this.page.evaluate(() => callPage.notes());
    this.frames.push(...frames);
    this.sounds.push(...sounds);
    this.told.push(...told);
  }
}

/** Reads until something is true, but not for longer. */
async function poll(read: () => Promise<unknown>, milliseconds: number, isTrue: () => boolean) {
  const deadline = now() + milliseconds;
  await read();
  while (now() < deadline && !isTrue()) {
    await Bun.sleep(Math.min(pollMs, Math.max(0, deadline - now())));
    await read();
  }
}
