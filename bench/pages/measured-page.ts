/** What the pages of the benchmark `first-frame` share: the clock, the devices, and the benchmark's way in. */

/** Where a page goes. */
export interface Place {
  /** ws: address of the server. */
  readonly url: string;
  readonly roomId: string;
  readonly peerId: string;
}

/** The same camera and microphone for both sides. */
export interface Devices {
  readonly camera: MediaStreamTrack;
  readonly microphone: MediaStreamTrack;
}

/** What the benchmark calls in a page. Times are milliseconds since the epoch, which all pages of a machine share. */
export interface MeasuredPage {
  /** Opens the devices, then joins and publishes. Resolves once the page is in the call. */
  enter(place: Place): Promise<void>;
  /** When the signaling socket opened. */
  opened(): Promise<number>;
  /** When the first frame of a peer had been decoded. */
  saw(peerId: string): Promise<number>;
}

declare global {
  var measuredPage: MeasuredPage;
  var socketOpened: Promise<number>;
  /** Of Chromium: https://w3c.github.io/mediacapture-transform/ */
  class MediaStreamTrackProcessor {
    constructor(options: { track: MediaStreamTrack });
    readonly readable: ReadableStream<VideoFrame>;
  }
}

/** Runs before all other scripts of a page, since a library may keep the WebSocket that it finds when it is loaded. */
export function noteOpening(): void {
  const Original = globalThis.WebSocket;
  globalThis.socketOpened = new Promise((resolve) => {
    globalThis.WebSocket = class extends Original {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        // The first listener of all: what the library does when the socket opens is measured already.
        this.addEventListener('open', () => resolve(performance.timeOrigin + performance.now()));
      }
    };
  });
}

const now = () => performance.timeOrigin + performance.now();
const seen = new Map<string, PromiseWithResolvers<number>>();

function sight(peerId: string): PromiseWithResolvers<number> {
  const known = seen.get(peerId) ?? Promise.withResolvers<number>();
  seen.set(peerId, known);
  return known;
}

/** Plays a track of a peer and notes its first decoded frame, which a page behind another one has as well. */
export function watch(peerId: string, track: MediaStreamTrack): void {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  document.body.append(video);
  video.play().catch(() => {});
  const { readable } = new MediaStreamTrackProcessor({ track: track.clone() });
  const reader = readable.getReader();
  void reader.read().then(({ value }) => {
    sight(peerId).resolve(now());
    value?.close();
    void reader.cancel();
  });
}

/** Offers a page to the benchmark. `join` joins and publishes over whatever it is that is measured. */
export function offerPage(join: (place: Place, devices: Devices) => Promise<void>): void {
  globalThis.measuredPage = {
    enter: async (place) => await join(place, await openDevices()),
    opened: () => socketOpened,
    saw: (peerId) => sight(peerId).promise,
  };
}

async function openDevices(): Promise<Devices> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { width: 640, height: 360, frameRate: 30 },
  });
  const [camera] = stream.getVideoTracks();
  const [microphone] = stream.getAudioTracks();
  if (!camera || !microphone) throw new Error('the browser gave no camera or no microphone');
  return { camera, microphone };
}
