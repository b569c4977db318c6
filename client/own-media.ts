import { openCamera, openMicrophone, openScreen } from './devices.ts';
import type { Publication, PublicationOptions } from './publication.ts';
import type { TrackSource } from './sources.ts';

/** What is opened by a choice among devices. */
export type OwnDevice = 'camera' | 'microphone';

export interface OwnMediaHost {
  /** @throws ClientError not_joined when the call is over */
  requireNotOver(): void;
  publication(source: TrackSource): Publication | undefined;
  publish(track: MediaStreamTrack, source: TrackSource, options: PublicationOptions): Promise<Publication>;
}

const openers = { camera: openCamera, microphone: openMicrophone };

/** Opens what the client publishes by itself: one camera and one microphone at a time, and screens. */
export class OwnMedia {
  /** What is being opened and published. */
  readonly #pending = new Map<OwnDevice, Promise<Publication>>();
  readonly #chosen = new Map<OwnDevice, string>();

  constructor(private readonly host: OwnMediaHost) {}

  /** Publishes a device; the publication that there is, or is about to be, when it is published already. */
  async publishDevice(
    kind: OwnDevice,
    constraints: MediaTrackConstraints,
    options: PublicationOptions,
  ): Promise<Publication> {
    this.host.requireNotOver();
    const present = this.#pending.get(kind) ?? this.host.publication(kind);
    if (present) return await present;
    const publishing = this.#publishDevice(kind, constraints, options).finally(() =>
      this.#pending.delete(kind),
    );
    this.#pending.set(kind, publishing);
    return await publishing;
  }

  /** The user is asked what to share. */
  async publishScreen(constraints: MediaTrackConstraints, options: PublicationOptions): Promise<ScreenShare> {
    this.host.requireNotOver();
    const tracks = await openScreen(constraints);
    const publish = (track: MediaStreamTrack) =>
      this.host.publish(track, track.kind === 'audio' ? 'screenAudio' : 'screen', {
        stopTrack: true,
        ...options,
      });
    const isPicture = ({ kind }: MediaStreamTrack) => kind === 'video';
    const [video, ...audio] = await Promise.allSettled([
      ...tracks.filter(isPicture).map(publish),
      ...tracks.filter((track) => !isPicture(track)).map(publish),
    ]);
    const sounds = audio.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (video?.status === 'fulfilled') return new ScreenShare(video.value, sounds[0]);
    for (const sound of sounds) await sound.close();
    throw video?.reason;
  }

  /** Uses that device from now on, also when it is published later. */
  async choose(kind: OwnDevice, deviceId: string): Promise<void> {
    await this.host.publication(kind)?.setDevice(deviceId);
    this.#chosen.set(kind, deviceId);
  }

  async #publishDevice(
    kind: OwnDevice,
    constraints: MediaTrackConstraints,
    options: PublicationOptions,
  ): Promise<Publication> {
    const reopen = (deviceId = this.#chosen.get(kind)) => openers[kind](ofDevice(constraints, deviceId));
    return await this.host.publish(await reopen(), kind, { stopTrack: true, reopen, ...options });
  }
}

/** That device, whatever was asked for instead. */
function ofDevice(constraints: MediaTrackConstraints, deviceId: string | undefined): MediaTrackConstraints {
  if (deviceId === undefined) return constraints;
  const { facingMode: _facing, groupId: _group, ...rest } = constraints;
  return { ...rest, deviceId: { exact: deviceId } };
}

/** A shared screen: its picture, and its sound if the browser gives it. Both end with the picture. */
export class ScreenShare implements Iterable<Publication> {
  constructor(
    readonly video: Publication,
    readonly audio?: Publication,
  ) {
    video.on('ended', () => void audio?.close().catch(() => {}));
  }

  /** Ends both. */
  async close(): Promise<void> {
    await Promise.all([this.video.close(), this.audio?.close()]);
  }

  /** The video, then the audio: earlier versions returned a list. */
  *[Symbol.iterator](): Iterator<Publication> {
    yield this.video;
    if (this.audio) yield this.audio;
  }
}
