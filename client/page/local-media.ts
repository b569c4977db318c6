import { asClientError } from '../errors.ts';
import { Events } from '../events.ts';
import { type ClientError, type DeviceKind, openCamera, openMicrophone } from '../index.ts';
import { readDevicesOn, readPreferences, remember, rememberDevicesOn } from './preferences.ts';

export type InputKind = 'camera' | 'microphone';

interface LocalMediaEvents {
  /** A device was opened, closed or chosen, or could not be opened. */
  changed: undefined;
}

/** The user's camera and microphone, before and during the call: which device, and whether it is on. */
export class LocalMedia extends Events<LocalMediaEvents> {
  readonly #tracks: Partial<Record<InputKind, MediaStreamTrack>> = {};
  readonly #problems: Partial<Record<InputKind, ClientError>> = {};
  readonly #wanted: Record<InputKind, boolean> = { camera: true, microphone: true, ...readDevicesOn() };
  readonly #chosen: Partial<Record<DeviceKind, string>> = { ...readPreferences().devices };

  /** The open device. */
  track(kind: InputKind): MediaStreamTrack | undefined {
    const track = this.#tracks[kind];
    return track?.readyState === 'live' ? track : undefined;
  }

  /** Why it cannot be opened. */
  problem(kind: InputKind): ClientError | undefined {
    return this.#problems[kind];
  }

  wanted(kind: InputKind): boolean {
    return this.#wanted[kind];
  }

  chosen(kind: DeviceKind): string | undefined {
    return this.#chosen[kind];
  }

  /** Opens the chosen device, or another if that is missing. @throws ClientError */
  async open(kind: InputKind): Promise<MediaStreamTrack> {
    const id = this.#chosen[kind];
    const opener = kind === 'camera' ? openCamera : openMicrophone;
    const { noiseSuppression } = this;
    const more = kind === 'microphone' ? { noiseSuppression } : {};
    try {
      // "ideal", so that another device is used if the remembered one is gone.
      const track = await opener({ ...more, ...(id !== undefined && { deviceId: { ideal: id } }) });
      delete this.#problems[kind];
      return track;
    } catch (error) {
      this.#problems[kind] = asClientError(error, 'device_failed');
      throw this.#problems[kind];
    } finally {
      this.emit('changed', undefined);
    }
  }

  /** Opens the device if possible; the page also works without it. */
  async preview(kind: InputKind): Promise<void> {
    this.setWanted(kind, true);
    const before = this.#tracks[kind];
    this.#tracks[kind] = await this.open(kind).catch(() => undefined);
    before?.stop();
    this.emit('changed', undefined);
  }

  /** Closes the device: its light goes out. */
  close(kind: InputKind): void {
    this.setWanted(kind, false);
    this.#tracks[kind]?.stop();
    delete this.#tracks[kind];
    delete this.#problems[kind];
    this.emit('changed', undefined);
  }

  get noiseSuppression(): boolean {
    return readPreferences().noiseSuppression ?? true;
  }

  /** For the microphone that is opened next. */
  setNoiseSuppression(noiseSuppression: boolean): void {
    remember({ noiseSuppression });
    this.emit('changed', undefined);
  }

  choose(kind: DeviceKind, id: string): void {
    this.#chosen[kind] = id;
    remember({ devices: this.#chosen });
    this.emit('changed', undefined);
  }

  /** Hands an open track over to the call, which is then responsible for stopping it. */
  take(kind: InputKind): MediaStreamTrack | undefined {
    const track = this.track(kind);
    delete this.#tracks[kind];
    return track;
  }

  /** Remembered from one call to the next, and when the page is loaded again. */
  setWanted(kind: InputKind, wanted: boolean): void {
    this.#wanted[kind] = wanted;
    rememberDevicesOn(this.#wanted);
  }

  /** Closes everything. */
  stop(): void {
    for (const kind of ['camera', 'microphone'] as const) {
      this.#tracks[kind]?.stop();
      delete this.#tracks[kind];
    }
  }
}
