import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumFlags, fakeConsent, fakeDevices } from '../../bench/harness/chromium-flags.ts';
import { buildPage } from '../../client/build.ts';
import type { Server } from '../../src/app/server.ts';
import { eventually } from '../support/until.ts';
import { speak, type Voice } from './voice.ts';

/** What a page may take on a machine that is busy with other things, in milliseconds. */
export const pageTimeoutMs = 60_000;

export interface BrowserOptions {
  /** Without them the browser has no camera and no microphone. */
  readonly fakeDevices?: boolean;
  /** Permissions are asked for as from a user, and given unless `forbid` was called. */
  readonly realPermissions?: boolean;
  readonly moreFlags?: readonly string[];
}

export interface PageOptions {
  readonly room?: string;
  readonly name?: string;
  readonly query?: string;
  readonly hash?: string;
  /** What its microphone gives. */
  readonly voice?: Voice;
}

/** A real browser with an empty profile of its own. One a test file is enough. */
export class Browser implements AsyncDisposable {
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];

  private constructor(
    readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  static async launch(options: BrowserOptions = {}): Promise<Browser> {
    const { fakeDevices: fake = true, realPermissions = false, moreFlags = [] } = options;
    await buildPage();
    const profile = await mkdtemp(join(tmpdir(), 'tureen-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.TUREEN_TEST_BROWSER ?? '/usr/bin/chromium',
      headless: true,
      args: [
        '--headless',
        ...chromiumFlags,
        ...(fake ? [fakeDevices] : []),
        ...(realPermissions ? [] : [fakeConsent]),
        ...moreFlags,
      ],
      viewport: { width: 1280, height: 800 },
    });
    if (realPermissions) await context.grantPermissions(['camera', 'microphone']);
    const browser = new Browser(context, profile);
    await context.addInitScript(prepare);
    context.on('page', (page) => browser.#watch(page));
    return browser;
  }

  /** Opens the try-it page, and enters the room when a name is given. */
  async open(server: Pick<Server, 'port'>, options: PageOptions = {}): Promise<Page> {
    const { room = 'room', name, query = '', hash = '', voice } = options;
    const page = await this.context.newPage();
    if (voice) await page.addInitScript(speak, voice);
    page.setDefaultTimeout(pageTimeoutMs);
    await page.goto(`http://127.0.0.1:${server.port}/?room=${room}${query}${hash}`);
    if (name !== undefined) await enter(page, name);
    return page;
  }

  /**
   * Problems that the test provokes itself, such as the browser's own report of a connection that broke. Forgotten after
   * each test.
   */
  expectProblem(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Forbids the pages of a server to use a device, as a user does who says no. */
  async forbid(server: Pick<Server, 'port'>, name: 'camera' | 'microphone'): Promise<void> {
    const page = this.context.pages()[0] ?? (await this.context.newPage());
    const session = await this.context.newCDPSession(page);
    const origin = `http://127.0.0.1:${server.port}`;
    await session.send('Browser.setPermission', { permission: { name }, setting: 'denied', origin });
    await session.detach();
  }

  /** Console errors and violations of the content security policy since the last call. */
  problems(): string[] {
    const expected = this.#expected.splice(0);
    return this.#problems.splice(0).filter((problem) => !expected.some((pattern) => pattern.test(problem)));
  }

  /** Closes all pages, so that the next test begins with none. */
  async closePages(): Promise<void> {
    await Promise.all(this.context.pages().map((page) => page.close()));
  }

  /** Closes all pages at the end of the block. Declared after a server, it is done before that stops, which pages report. */
  closingPages(): AsyncDisposable {
    return { [Symbol.asyncDispose]: () => this.closePages() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }

  #watch(page: Page): void {
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' || text.includes('Content Security Policy')) this.#problems.push(text);
    });
    page.on('pageerror', (error) => this.#problems.push(String(error)));
  }
}

/** A page of any driver, as far as statistics are read from it. */
export interface Readable {
  evaluate<T>(read: () => Promise<T>): Promise<T>;
}

/** Runs in every page before its own scripts: a small camera saves CPU, and a test sees every peer connection. */
export function prepare(): void {
  const connections: RTCPeerConnection[] = [];
  Object.assign(globalThis, { connections });
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) => {
    const video = constraints?.video;
    if (!video) return open(constraints);
    const size = { width: 640, height: 360, frameRate: 15 };
    return open({ ...constraints, video: { ...(video === true ? {} : video), ...size } });
  };
}

/** Fills the entrance and joins. */
export async function enter(page: Page, name: string): Promise<void> {
  await page.fill('#name', name);
  // The preview opens the devices; what is not open yet would not be published with the join.
  await page.waitForSelector('#preview-camera[aria-pressed=true], #device-problems .problem');
  await page.click('#join');
  await page.waitForSelector('#call:not([hidden])');
}

/** What a page receives and sends, added up over its connections. */
export interface Received {
  readonly connected: number;
  readonly videos: { ssrc: number; frames: number; width: number }[];
  readonly audioPackets: { ssrc: number; packets: number }[];
  readonly sentFrames: number;
}

/** Reads the statistics of every living connection of a page. mediasoup's probator (SSRC 1234) is left out. */
export async function statistics(page: Readable): Promise<Received> {
  return await page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const living = connections.filter(({ connectionState }) => connectionState !== 'closed');
    const received = {
      connected: living.filter(({ connectionState }) => connectionState === 'connected').length,
      videos: [] as { ssrc: number; frames: number; width: number }[],
      audioPackets: [] as { ssrc: number; packets: number }[],
      sentFrames: 0,
    };
    for (const connection of living) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'outbound-rtp' && entry.kind === 'video')
          received.sentFrames += entry.framesSent ?? 0;
        if (entry.type !== 'inbound-rtp' || entry.ssrc === 1234) continue;
        if (entry.kind === 'audio')
          received.audioPackets.push({ ssrc: entry.ssrc, packets: entry.packetsReceived });
        else {
          const { ssrc, framesDecoded: frames = 0, frameWidth: width = 0 } = entry;
          received.videos.push({ ssrc, frames, width });
        }
      }
    }
    return received;
  });
}

/** Waits until so many videos and voices arrive and go on arriving. */
export async function seesAndHears(page: Readable, others: number): Promise<void> {
  const before = await eventually(
    `seeing and hearing ${others}`,
    () => statistics(page),
    ({ videos, audioPackets }) =>
      videos.filter(({ frames }) => frames > 0).length >= others &&
      audioPackets.filter(({ packets }) => packets > 0).length >= others,
  );
  // Streams that ended stay in the statistics for a while, so only those that grow are counted.
  await eventually(
    `more frames and packets of ${others}`,
    () => statistics(page),
    ({ videos, audioPackets }) => {
      const framesOf = (ssrc: number) => before.videos.find((video) => video.ssrc === ssrc)?.frames ?? 0;
      const growing = videos.filter(({ ssrc, frames }) => frames > framesOf(ssrc) + 3);
      const louder = audioPackets.filter(({ ssrc, packets }) => {
        const earlier = before.audioPackets.find((audio) => audio.ssrc === ssrc);
        return packets > (earlier?.packets ?? 0);
      });
      return growing.length >= others && louder.length >= others;
    },
  );
}

/** Opens two pages in one room. Resolves when they see and hear each other. */
export async function callBetweenTwo(
  browser: Browser,
  server: Pick<Server, 'port'>,
  room: string,
): Promise<[alice: Page, bob: Page]> {
  const alice = await browser.open(server, { room, name: 'Alice' });
  const bob = await browser.open(server, { room, name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  return [alice, bob];
}

/** Waits until what arrives at a page has sound in it: packets of silence do not count. */
export async function hearsSomething(page: Readable): Promise<void> {
  const energy = () =>
    page.evaluate(async () => {
      const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
      const reports = await Promise.all(connections.map((connection) => connection.getStats()));
      return reports
        .flatMap((report) => [...report.values()])
        .filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
        .reduce((sum, { totalAudioEnergy = 0 }) => sum + totalAudioEnergy, 0);
    });
  await eventually('sound', energy, (sum) => sum > 0.001);
}
