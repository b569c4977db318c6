import type { Clock } from '../../core/clock.ts';
import type { SfuBus, Volume } from '../events.ts';
import type { NodeLink, RoomTellings } from '../media/node-link.ts';
import type { SpeakerSink } from '../media/observers.ts';
import type { RemoteBus } from '../remote-events.ts';

/** An active speaker that is not heard stays for so long, over the pauses of speech. */
const pauseMs = 1500;
/** Somebody else has to be so much louder, in dB, for so long to become the active speaker meanwhile. */
const louderBy = 6;
const louderMs = 1000;
const maxSpeakers = 8;

export interface RoomSpeakersOptions {
  readonly roomId: string;
  /** This run of this node. */
  readonly life: string;
  readonly clock: Clock;
  readonly events: SfuBus;
  readonly remoteEvents: RemoteBus;
  readonly link: Pick<NodeLink, 'tell'>;
  /** The other lives that have somebody in the room. */
  readonly lives: () => Iterable<string>;
  /** Whether what a peer of another node publishes can be heard: it is there, and nobody holds it. */
  readonly audible: (volume: Volume) => boolean;
}

type Heard = RoomTellings['volumes'];
type Speaker = RoomTellings['speaker'];

const silence: Heard = { volumes: [], dominant: null };
const nobody: Speaker = { peerId: null, volume: null };

/**
 * Who speaks in a room that is on several nodes. Each node observes the peers that are on it and tells the others; the
 * node with the lowest life elects the active speaker and tells whom, so that everybody sees the same one.
 */
export class RoomSpeakers implements SpeakerSink {
  #own: Heard = silence;
  /** Whom the observer of this node takes for the active speaker. */
  #ownSpeaker: Speaker = nobody;
  readonly #others = new Map<string, Heard>();
  #active: Speaker = nobody;
  /** Whether the active speaker is this node's to report. */
  #reports = true;
  #heardAt = 0;
  #challenger: { readonly peerId: string; readonly since: number } | undefined;

  constructor(private readonly options: RoomSpeakersOptions) {}

  /** Whether the room is on other nodes, too: then who is heard is told by `roomVolumes`. */
  get shared(): boolean {
    for (const _life of this.options.lives()) return true;
    return false;
  }

  /** Whether another node elects the active speaker. */
  get follows(): boolean {
    for (const life of this.options.lives()) if (life < this.options.life) return true;
    return false;
  }

  get activePeerId(): string | null {
    return this.shared ? this.#active.peerId : this.#ownSpeaker.peerId;
  }

  /** Who is heard on any node, the loudest first. */
  get volumes(): readonly Volume[] {
    if (!this.shared) return this.#own.volumes;
    const others = [...this.#others.values()].flatMap(({ volumes }) => volumes);
    return [...this.#own.volumes, ...others.filter(this.options.audible)]
      .toSorted((one, other) => other.volume - one.volume)
      .slice(0, maxSpeakers);
  }

  /** The observer of this node heard them. */
  heard(volumes: readonly Volume[]): void {
    const { roomId, events } = this.options;
    this.#own = { ...this.#own, volumes };
    events.emit('speakingPeers', { roomId, volumes });
    if (this.shared) this.#tell();
  }

  /** The observer of this node takes this peer for the active speaker. */
  speaks(peerId: string | null, volume: number | null): void {
    const { roomId, events } = this.options;
    this.#own = { ...this.#own, dominant: peerId };
    this.#ownSpeaker = { peerId, volume };
    if (this.shared) return this.#tell();
    this.#active = this.#ownSpeaker;
    events.emit('activeSpeaker', { roomId, peerId, volume });
  }

  /** Another node heard them. */
  heardBy(life: string, heard: Heard): void {
    if (![...this.options.lives()].includes(life)) return;
    this.#others.set(life, heard);
    this.#merge();
  }

  /** Another node elected the active speaker; only the one whose turn it is counts. */
  electedBy(life: string, speaker: Speaker): void {
    const [lowest] = [...this.options.lives()].toSorted();
    if (life !== lowest || !this.follows) return;
    this.#activate(speaker);
  }

  /** Other nodes came or went. */
  nodesChanged(): void {
    const lives = new Set(this.options.lives());
    for (const life of this.#others.keys()) if (!lives.has(life)) this.#others.delete(life);
    const { roomId, events } = this.options;
    if (this.#reports && this.follows && this.#active.peerId !== null)
      events.emit('activeSpeaker', { roomId, ...nobody });
    this.#reports = !this.follows;
    if (this.shared) return this.#tell();
    this.options.remoteEvents.emit('roomVolumes', { roomId, volumes: this.volumes });
    this.#activate(this.#ownSpeaker);
  }

  /** Tells the others what they cannot observe, and takes it in here. */
  #tell(): void {
    void this.options.link.tell(this.options.roomId, 'volumes', this.#own);
    this.#merge();
    if (!this.follows) void this.options.link.tell(this.options.roomId, 'speaker', this.#active);
  }

  #merge(): void {
    const { roomId, remoteEvents } = this.options;
    const { volumes } = this;
    remoteEvents.emit('roomVolumes', { roomId, volumes });
    if (!this.follows) this.#elect(volumes);
  }

  #elect(volumes: readonly Volume[]): void {
    const [loudest] = volumes;
    if (!loudest) return this.#activate(nobody);
    const dominants = [this.#own, ...this.#others.values()].map(({ dominant }) => dominant);
    const best = volumes.find(({ peerId }) => dominants.includes(peerId)) ?? loudest;
    const now = this.options.clock.elapsed();
    const current = volumes.find(({ peerId }) => peerId === this.#active.peerId);
    if (current) this.#heardAt = now;
    const stays = this.#active.peerId !== null && now - this.#heardAt < pauseMs;
    const isDominant = dominants.includes(this.#active.peerId);
    if (stays && isDominant && !this.#yields(current, best, now)) return;
    this.#challenger = undefined;
    this.#heardAt = now;
    this.#activate({ peerId: best.peerId, volume: best.volume });
  }

  /** Whether somebody has been louder than the active speaker for long enough. */
  #yields(current: Volume | undefined, best: Volume, now: number): boolean {
    const louder = best.peerId !== this.#active.peerId && best.volume > (current?.volume ?? -127) + louderBy;
    if (!louder) {
      this.#challenger = undefined;
      return false;
    }
    if (this.#challenger?.peerId !== best.peerId) this.#challenger = { peerId: best.peerId, since: now };
    return now - this.#challenger.since >= louderMs;
  }

  #activate(speaker: Speaker): void {
    if (this.#active.peerId === speaker.peerId) return;
    this.#active = speaker;
    const { roomId, events, remoteEvents, link } = this.options;
    if (this.follows) return remoteEvents.emit('remoteActiveSpeaker', { roomId, ...speaker });
    events.emit('activeSpeaker', { roomId, ...speaker });
    if (this.shared) void link.tell(roomId, 'speaker', speaker);
  }
}

/** Reports who speaks in a room that is on this node only. */
export function reportSpeakers(roomId: string, events: SfuBus): SpeakerSink {
  return {
    heard: (volumes) => events.emit('speakingPeers', { roomId, volumes }),
    speaks: (peerId, volume) => events.emit('activeSpeaker', { roomId, peerId, volume }),
  };
}
