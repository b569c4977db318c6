import type { types } from 'mediasoup';
import type { Volume } from '../events.ts';
import { adopt, mediaCall } from './media-call.ts';
import type { RoomRouter } from './routers.ts';

/** Milliseconds between two readings of the levels. mediasoup allows 250 to 5000 and needs ten packets in it. */
const levelInterval = 500;
/** Quieter than this is silence, in dBov. */
const silenceBelow = -70;
const maxSpeakers = 8;
const speakerInterval = 300;
/** Intervals that the active speaker may be silent while others are heard. */
const silentIntervals = 3;

/** What is observed: a producer, whose it is, and whether it is held. */
export interface ObservedProducer {
  readonly info: { readonly peerId: string; readonly pausedBy: ReadonlySet<unknown> };
  readonly producer: types.Producer;
}

/** Who is told what the observers find. */
export interface SpeakerSink {
  /** They are heard now, the loudest first. */
  heard(volumes: readonly Volume[]): void;
  /** This peer is the active speaker; null when nobody is. */
  speaks(peerId: string | null, volume: number | null): void;
}

interface Attached {
  readonly home: RoomRouter;
  readonly levels: types.AudioLevelObserver;
  readonly speaker: types.ActiveSpeakerObserver;
}

/**
 * Who speaks, and how loud, in one room. mediasoup's ActiveSpeakerObserver says who dominates but never that nobody
 * does; its AudioLevelObserver says who is heard. Together: the active speaker is the dominant one while anybody is
 * heard, and null in silence. A speaker that is muted or gone stops being active at once.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#ActiveSpeakerObserver
 */
export class RoomObservers {
  readonly #watched = new Map<string, ObservedProducer>();
  #attached: Attached | undefined;
  #dominant: string | undefined;
  #active: string | undefined;
  #volumes: readonly Volume[] = [];
  /** Intervals in which others were heard and the active speaker was not. */
  #unheard = 0;

  constructor(private readonly sink: SpeakerSink) {}

  /** Peer ids that are heard now, the loudest first. */
  get speaking(): readonly Volume[] {
    return this.#volumes;
  }

  get activePeerId(): string | null {
    return (this.#active && this.#watched.get(this.#active)?.info.peerId) || null;
  }

  /** Listens on this router from now on; on nothing until then. */
  async attach(home: RoomRouter): Promise<void> {
    if (this.#attached?.home === home) return;
    const { router } = home;
    const levels = await mediaCall(router, 'opening the audio level observer', () =>
      router.createAudioLevelObserver({
        interval: levelInterval,
        threshold: silenceBelow,
        maxEntries: maxSpeakers,
      }),
    );
    const speaker = await mediaCall(router, 'opening the active speaker observer', () =>
      router.createActiveSpeakerObserver({ interval: speakerInterval }),
    );
    adopt(levels, !router.closed, 'the audio level observer');
    adopt(speaker, !router.closed, 'the active speaker observer');
    levels.on('volumes', (volumes) => this.#heard(volumes));
    levels.on('silence', () => this.#silent());
    speaker.on('dominantspeaker', ({ producer }) => this.#dominates(producer.id));
    this.#attached = { home, levels, speaker };
  }

  listensOn(router: RoomRouter): boolean {
    return this.#attached?.home === router;
  }

  /** The router went away: nobody is heard any more. */
  detach(): void {
    this.#attached = undefined;
    this.#dominant = undefined;
    this.#silent();
    this.#watched.clear();
  }

  /** Takes an audio producer into view. `bring` makes it available on the home router. */
  async watch(publication: ObservedProducer, bring: (home: RoomRouter) => Promise<unknown>): Promise<void> {
    const attached = this.#attached;
    const { producer } = publication;
    if (!attached || producer.closed || this.#watched.has(producer.id)) return;
    this.#watched.set(producer.id, publication);
    await bring(attached.home);
    if (producer.closed || attached !== this.#attached) return;
    await mediaCall(attached.home.router, 'observing a producer', () =>
      Promise.all([
        attached.levels.addProducer({ producerId: producer.id }),
        attached.speaker.addProducer({ producerId: producer.id }),
      ]),
    );
  }

  /** The producer was paused: it is not heard from this moment. */
  mute(producerId: string): void {
    if (this.#dominant === producerId) this.#dominant = undefined;
    if (this.#volumes.some((volume) => volume.producerId === producerId)) {
      this.#emitVolumes(this.#volumes.filter((volume) => volume.producerId !== producerId));
    }
    if (this.#active === producerId) this.#setActive(this.#dominant ?? this.#volumes[0]?.producerId);
  }

  /** The producer ended. */
  forget(producerId: string): void {
    if (!this.#watched.has(producerId)) return;
    this.mute(producerId);
    this.#watched.delete(producerId);
  }

  #heard(entries: readonly types.AudioLevelObserverVolume[]): void {
    const volumes = entries.flatMap(({ producer, volume }) => {
      const publication = this.#watched.get(producer.id);
      // A level that was measured before the mute reached the worker must not undo it.
      if (!publication || publication.info.pausedBy.size > 0) return [];
      return [{ peerId: publication.info.peerId, producerId: producer.id, volume }];
    });
    if (volumes.length === 0) return this.#silent();
    this.#emitVolumes(volumes);
    this.#follow(volumes);
  }

  /** The dominant speaker stays active over the pauses of speech, but not while only others are heard. */
  #follow(volumes: readonly Volume[]): void {
    const favourite = this.#dominant ?? this.#active;
    const heard = volumes.some(({ producerId }) => producerId === favourite);
    this.#unheard = heard ? 0 : this.#unheard + 1;
    if (favourite !== undefined && this.#unheard < silentIntervals) return this.#setActive(favourite);
    this.#dominant = undefined;
    this.#setActive(volumes[0]?.producerId);
  }

  #silent(): void {
    if (this.#volumes.length > 0) this.#emitVolumes([]);
    this.#setActive(undefined);
  }

  #dominates(producerId: string): void {
    const publication = this.#watched.get(producerId);
    if (!publication || publication.info.pausedBy.size > 0) return;
    this.#dominant = producerId;
    this.#unheard = 0;
    // A sole producer dominates even when it is silent: only one that is heard becomes the active speaker.
    if (this.#volumes.length > 0) this.#setActive(producerId);
  }

  #emitVolumes(volumes: readonly Volume[]): void {
    this.#volumes = volumes;
    this.sink.heard(volumes);
  }

  #setActive(producerId: string | undefined): void {
    if (this.#active === producerId) return;
    this.#active = producerId;
    const volume = this.#volumes.find((entry) => entry.producerId === producerId)?.volume ?? null;
    this.sink.speaks(this.activePeerId, volume);
  }
}
