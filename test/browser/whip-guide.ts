import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { places } from '../../src/host/paths.ts';
import type { Browser } from './support.ts';
import { hum, speak } from './voice.ts';

export interface Opened {
  readonly connection: RTCPeerConnection;
  readonly session: string;
}

/** What the script of the guide gives a page, and where a test keeps what it opened. */
export interface GuidePage {
  publish(url: string, stream: MediaStream): Promise<Opened>;
  watch(url: string, video: HTMLVideoElement): Promise<Opened>;
  end(opened: Opened): Promise<void>;
  restart(opened: Opened): Promise<void>;
  opened: Opened;
}

/** The try-it page, and beside it a page with nothing but the script of the guide to WHIP and WHEP. */
export class WhipGuide implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(): Promise<WhipGuide> {
    const guide = await Bun.file(join(import.meta.dir, '..', '..', 'docs', 'ingest-whip.md')).text();
    const [, script = ''] = /```js\n(.*?)```/s.exec(guide) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'tureen-whip-'));
    await cp(places.page, folder, { recursive: true });
    await Bun.write(
      join(folder, 'guide.js'),
      `${script}\nObject.assign(window, { publish, watch, end, restart });`,
    );
    await Bun.write(
      join(folder, 'guide.html'),
      '<!doctype html><title>Guide</title><link rel="icon" href="icon.svg"><video autoplay></video><script src="guide.js"></script>',
    );
    return new WhipGuide(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Where the pages are opened. */
export interface Place {
  readonly browser: Browser;
  /** Of a server that serves the guide's folder, such as http://127.0.0.1:3000. */
  readonly origin: string;
}

/** Opens a page with the script of the guide, and nothing done with it yet. */
export async function guidePage({ browser, origin }: Place): Promise<Page> {
  const page = await browser.context.newPage();
  // The fake microphone beeps with long silence between.
  await page.addInitScript(speak, hum);
  await page.goto(`${origin}/guide.html`);
  return page;
}

/** Opens a page that sends by WHIP: a hum, and a picture that moves. */
export async function publishByWhip(place: Place, query = '?peerId=camera'): Promise<Page> {
  const page = await guidePage(place);
  await page.evaluate(async (url) => {
    const guide = window as unknown as GuidePage;
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    const stream = new MediaStream([...microphone.getTracks(), ...camera.getTracks()]);
    guide.opened = await guide.publish(url, stream);
  }, `/whip/room${query}`);
  return page;
}

/** Opens a page that plays by WHEP. */
export async function watchByWhep(place: Place): Promise<Page> {
  const page = await guidePage(place);
  await page.evaluate(async () => {
    const guide = window as unknown as GuidePage;
    const video = document.querySelector('video');
    if (video) guide.opened = await guide.watch('/whep/room', video);
  });
  return page;
}
