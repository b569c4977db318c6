import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

/** https://w3c.github.io/mediacapture-transform/, which TypeScript does not know yet. */
declare class MediaStreamTrackProcessor {
  constructor(options: { track: MediaStreamTrack });
  readonly readable: ReadableStream<VideoFrame>;
}

/** What a page saw of one of the others since it was watched. */
export interface Watched {
  /** The longest time between two pictures of the camera, in milliseconds. */
  readonly gap: number;
  readonly pictures: number;
  /** How often the video element was looked at, and how often it was dark then. */
  readonly looks: number;
  readonly dark: number;
  /** What the application was told, but for what changes all the time. */
  readonly news: readonly string[];
  /** Of moves of the page itself. */
  readonly moves: readonly { readonly from: string; readonly to: string; readonly gap?: number }[];
}

/** From now on the page notes when pictures of another come, what its element shows, and what it is told. */
export async function watchCall(page: Page, name: string): Promise<void> {
  await page.evaluate((name) => {
    const watched = { gap: 0, pictures: 0, looks: 0, dark: 0, news: [] as string[], moves: [] as unknown[] };
    Object.assign(globalThis, { watched });
    const told = ['peerJoined', 'peerLeft', 'trackAdded', 'trackRemoved', 'publicationEnded'] as const;
    for (const event of told) tureen.on(event, () => watched.news.push(event));
    tureen.on('state', ({ state }) => watched.news.push(state));
    tureen.on('moved', (move) => watched.moves.push(move));
    const peer = [...tureen.peers.values()].find(({ displayName }) => displayName === name);
    const camera = peer?.track('camera');
    if (!camera) throw new Error(`there is no picture of ${name} to watch`);
    let last: number | undefined;
    // Not from the video element: a page in the background paints once a second.
    const follow = async (track: MediaStreamTrack) => {
      const frames = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
      for (let next = await frames.read(); next.value; next = await frames.read()) {
        next.value.close();
        if (track !== camera.mediaTrack) return void frames.cancel();
        const now = performance.now();
        if (last !== undefined) watched.gap = Math.max(watched.gap, now - last);
        last = now;
        watched.pictures += 1;
      }
    };
    void follow(camera.mediaTrack);
    camera.on('replaced', ({ track }) => {
      watched.news.push('replaced');
      void follow(track.mediaTrack);
    });
    const canvas = new OffscreenCanvas(8, 8);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const look = () => {
      const video = document.querySelector<HTMLVideoElement>(`.tile[data-peer="${peer?.id}"] video`);
      if (!video || !context) return;
      context.clearRect(0, 0, 8, 8);
      context.drawImage(video, 0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      const light = data.reduce((sum, value, index) => (index % 4 === 3 ? sum : Math.max(sum, value)), 0);
      watched.looks += 1;
      if (light < 16) watched.dark += 1;
    };
    setInterval(look, 10);
  }, name);
}

export const watchedOn = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched);
