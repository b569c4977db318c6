import { FakeStream, FakeTrack } from './fake-track.ts';

/** A camera, microphone or loudspeaker that is not there. */
export interface FakeDevice {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
  readonly label: string;
}

export interface FakeBrowserOptions {
  /** Default: a camera, a microphone and a loudspeaker. */
  readonly devices?: readonly FakeDevice[];
}

/** What `fakeBrowser` has put in place. */
export interface FakeBrowser {
  /** Connects a device. */
  plug(device: FakeDevice): void;
  /** Pulls a device out: what it sends ends. */
  unplug(deviceId: string): void;
  /** Refuses cameras, microphones and screens as a user does, or allows them again. */
  allow(allowed: boolean): void;
  /** Plays nothing until `startPlayback`, as before the first click on a page; or plays again. */
  allowPlaying(allowed: boolean): void;
  /** Takes everything away again. */
  restore(): void;
}

const usualDevices: readonly FakeDevice[] = [
  { kind: 'videoinput', deviceId: 'camera', label: 'Fake camera' },
  { kind: 'audioinput', deviceId: 'microphone', label: 'Fake microphone' },
  { kind: 'audiooutput', deviceId: 'speaker', label: 'Fake speaker' },
];

/**
 * Gives a test environment (jsdom, happy-dom, Bun, Node.js) what the library uses of a browser's media: devices, streams,
 * players that play, and elements in view. Real browsers have their own.
 */
export function fakeBrowser({ devices = usualDevices }: FakeBrowserOptions = {}): FakeBrowser {
  const replaced = new Replacements();
  const media = new FakeMediaDevices(devices);
  let playing = true;
  if (!globalThis.navigator) replaced.value(globalThis, 'navigator', { userAgent: 'fake' });
  replaced.value(globalThis.navigator, 'mediaDevices', media);
  replaced.value(globalThis, 'MediaStream', FakeStream);
  for (const [name, observer] of Object.entries({
    ResizeObserver: Unobserving,
    IntersectionObserver: InView,
  }))
    if (!(name in globalThis)) replaced.value(globalThis, name, observer);
  const Player = globalThis.HTMLMediaElement?.prototype;
  if (Player) {
    replaced.value(Player, 'srcObject', null);
    replaced.value(Player, 'pause', () => {});
    replaced.value(Player, 'setSinkId', async () => {});
    replaced.value(Player, 'play', async function play(this: HTMLMediaElement) {
      if (!playing) throw new DOMException('nobody has clicked on the page yet', 'NotAllowedError');
      this.dispatchEvent(new Event('playing'));
    });
    // There is no layout, and a video without a size counts as out of view.
    replaced.value(globalThis.HTMLVideoElement.prototype, 'clientWidth', 640);
    replaced.value(globalThis.HTMLVideoElement.prototype, 'clientHeight', 360);
  }
  return {
    plug: (device) => media.plug(device),
    unplug: (deviceId) => media.unplug(deviceId),
    allow: (allowed) => {
      media.allowed = allowed;
    },
    allowPlaying: (allowed) => {
      playing = allowed;
    },
    restore: () => replaced.restore(),
  };
}

/** What was put over properties, to be taken away in the reverse order. */
class Replacements {
  readonly #undo: (() => void)[] = [];

  value(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
    this.#undo.push(() => {
      if (before) Object.defineProperty(target, name, before);
      else Reflect.deleteProperty(target, name);
    });
  }

  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

/** Sees nothing, ever. */
class Unobserving {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

/** There is no layout: every element is in view. */
class InView extends Unobserving {
  constructor(private readonly seen: (entries: readonly { readonly isIntersecting: true }[]) => void) {
    super();
  }

  override observe(): void {
    queueMicrotask(() => this.seen([{ isIntersecting: true }]));
  }
}

/** `navigator.mediaDevices`. */
class FakeMediaDevices extends EventTarget {
  allowed = true;
  #devices: readonly FakeDevice[];
  /** What is open, with its device. */
  readonly #open = new Map<FakeTrack, string>();

  constructor(devices: readonly FakeDevice[]) {
    super();
    this.#devices = devices;
  }

  plug(device: FakeDevice): void {
    this.#devices = [...this.#devices, device];
    this.dispatchEvent(new Event('devicechange'));
  }

  unplug(deviceId: string): void {
    this.#devices = this.#devices.filter((device) => device.deviceId !== deviceId);
    for (const [track, id] of this.#open) if (id === deviceId) track.end();
    this.dispatchEvent(new Event('devicechange'));
  }

  async enumerateDevices(): Promise<FakeDevice[]> {
    return [...this.#devices];
  }

  async getUserMedia({ video, audio }: MediaStreamConstraints): Promise<FakeStream> {
    this.#requireAllowed();
    const tracks = [
      ...(audio ? [this.#openDevice('audioinput', audio)] : []),
      ...(video ? [this.#openDevice('videoinput', video)] : []),
    ];
    return new FakeStream(tracks);
  }

  async getDisplayMedia(): Promise<FakeStream> {
    this.#requireAllowed();
    return new FakeStream([new FakeTrack('video', 'Fake screen')]);
  }

  #requireAllowed(): void {
    if (!this.allowed) throw new DOMException('the user refused', 'NotAllowedError');
  }

  #openDevice(kind: 'audioinput' | 'videoinput', constraints: true | MediaTrackConstraints): FakeTrack {
    const wanted = constraints === true ? undefined : wantedDevice(constraints.deviceId);
    const ofKind = this.#devices.filter((device) => device.kind === kind);
    const device = wanted ? ofKind.find(({ deviceId }) => deviceId === wanted) : ofKind[0];
    if (!device) throw new DOMException('there is no such device', 'NotFoundError');
    const { deviceId, label } = device;
    const track = new FakeTrack(kind === 'audioinput' ? 'audio' : 'video', label, { deviceId });
    this.#open.set(track, deviceId);
    return track;
  }
}

function wantedDevice(constraint: MediaTrackConstraints['deviceId']): string | undefined {
  const value =
    typeof constraint === 'object' && !Array.isArray(constraint)
      ? (constraint.exact ?? constraint.ideal)
      : constraint;
  return typeof value === 'string' ? value : value?.[0];
}
