import type { Publication, RemotePeer, RemoteTrack, TureenClient } from '../index.ts';
import { byId } from './dom.ts';
import type { LocalMedia } from './local-media.ts';
import { announce, banner } from './notices.ts';
import type { Stage } from './stage.ts';
import { explainUnreachable, nameOf, outOfBandwidthText } from './texts.ts';
import type { Tile } from './tile.ts';

/** How long a peer counts as speaking after it was last heard, so that the mark does not flicker between words. */
const speakingFor = 1200;

/** Reasons of track ends after which the track should be back in a moment. */
const rebuilding = new Set(['rejoin', 'reconnecting', 'transport_closed', 'out_of_view']);
const settleAfter = 2500;

/** Shows the people in the call: keeps the tiles of the stage in sync with the peers and tracks of the client. */
export class People {
  readonly #voices = new Map<RemoteTrack, HTMLAudioElement>();
  readonly #heard = new Map<string, ReturnType<typeof setTimeout>>();
  /** How loud each peer is played, from 0 to 1, where the user changed it. */
  readonly #volumes = new Map<string, number>();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: TureenClient,
    private readonly stage: Stage,
    private readonly local: LocalMedia,
  ) {
    client.on('peerJoined', (peer) => this.#show(peer));
    client.on('peerChanged', (peer) => this.#show(peer));
    client.on('peerLeft', ({ peer }) => this.#gone(peer));
    client.on('trackAdded', ({ peer, track }) => this.#added(peer, track));
    client.on('trackChanged', ({ peer }) => this.#show(peer));
    client.on('trackRemoved', ({ peer, track, reason }) => this.#removed(peer, track, reason));
    client.on('publicationAdded', ({ peer }) => this.#show(peer));
    client.on('publicationRemoved', ({ peer }) => this.#show(peer));
    client.on('state', () => this.#stateChanged());
    client.on('publicationChanged', () => this.showOwn());
    client.on('publicationEnded', () => this.showOwn());
    client.on('levels', (levels) => {
      for (const { peerId } of levels) this.#speaks(peerId);
    });
    client.on('activeSpeaker', ({ peerId }) => {
      if (peerId !== null && peerId !== client.peerId) stage.setSpeaker(peerId);
    });
    client.on('turnout', () => this.#count());
    client.on('quality', ({ peerId, quality }) => stage.tile(peerId)?.setQuality(quality.level));
  }

  /** Our own tile, and our shared screen. */
  showOwn(): void {
    const { peerId, displayName: initialsOf } = this.client;
    const camera = this.client.publication('camera');
    const tile = this.stage.add({ id: peerId, peerId, name: 'You', initialsOf, own: true, screen: false });
    tile.show(camera && !camera.released ? camera.track : undefined);
    tile.setPicture(camera !== undefined && !camera.paused);
    tile.setMuted(this.client.publication('microphone')?.paused ?? true);
    this.#showScreen({ id: peerId, name: 'Your screen' }, this.client.publication('screen'));
    this.#count();
  }

  volume(peerId: string): number {
    return this.#volumes.get(peerId) ?? 1;
  }

  /** Plays a peer louder or more quietly, from 0 to 1, for this user only. */
  setVolume(peerId: string, volume: number): void {
    this.#volumes.set(peerId, volume);
    for (const [track, voice] of this.#voices) if (track.peerId === peerId) voice.volume = volume;
  }

  /** Plays all voices on another speaker. */
  setSpeakerDevice(id: string): void {
    for (const voice of this.#voices.values()) route(voice, id);
  }

  stop(): void {
    for (const track of [...this.#voices.keys()]) this.#silence(track);
    for (const timer of this.#heard.values()) clearTimeout(timer);
    clearTimeout(this.#settling);
  }

  #show(peer: RemotePeer): void {
    const { id } = peer;
    // Only who is in the call has a tile, whatever event comes last.
    if (this.client.peers.get(id) !== peer) return;
    const name = nameOf(peer);
    const tile = this.#tileOf(peer, 'camera', { id, peerId: id, name, own: false, screen: false });
    const camera = peer.track('camera');
    tile.setName(name);
    const { state } = this.client;
    const rebuilds = peer.away || (state !== 'joined' && state !== 'resuming');
    if (camera || !rebuilds) {
      tile.show(camera);
      tile.setPicture(camera !== undefined && !camera.muted);
    }
    const microphone = peer.track('microphone');
    // No voice means that it is muted, unless it cannot be brought here.
    const muted = microphone?.muted ?? !peer.unreachable.includes('audio');
    if (microphone || !rebuilds) tile.setMuted(muted);
    this.#explain(tile, camera?.outOfBandwidth === true, explainUnreachable(peer.unreachable));
    tile.setStale(rebuilds, peer.away);
    tile.setQuality(this.client.quality(id).level);
    const screen = peer.track('screen');
    if (screen || !rebuilds) this.#showScreen({ id, name: `${name}’s screen`, peer }, screen);
    this.stage.tile(`${id}/screen`)?.setStale(rebuilds, peer.away);
    this.#count();
  }

  #showScreen(
    { id: peerId, name, peer }: { id: string; name: string; peer?: RemotePeer },
    screen: RemoteTrack | Publication | undefined,
  ): void {
    const id = `${peerId}/screen`;
    // In a large call it is received once its tile is in view.
    if (!screen && !(peer && sharesScreen(peer))) return this.stage.remove(id);
    const options = { id, peerId, name, own: !peer, screen: true };
    const tile = peer ? this.#tileOf(peer, 'screen', options) : this.stage.add(options);
    tile.setName(name);
    tile.show(screen && 'track' in screen ? screen.track : screen);
    this.#explain(tile, screen !== undefined && !('track' in screen) && screen.outOfBandwidth);
  }

  /** The tile of what a peer sends, which in a large call is received while it is in view. */
  #tileOf(peer: RemotePeer, source: 'camera' | 'screen', options: Parameters<Stage['add']>[0]): Tile {
    const known = this.stage.tile(options.id);
    if (known) return known;
    const tile = this.stage.add(options);
    tile.endView = this.client.view(peer, source, tile.element);
    return tile;
  }

  /** Says what of a tile is missing. That our own connection is too weak is said aloud once for all pictures. */
  #explain(tile: Tile, stopped: boolean, trouble?: string): void {
    const first = stopped && ![...this.stage.all()].some((other) => other.stopped);
    tile.setStopped(stopped);
    const isNews = tile.setTrouble(trouble ?? (stopped ? outOfBandwidthText : undefined));
    if (isNews && trouble !== undefined) announce(`${tile.name}: ${trouble}`);
    else if (first) announce(outOfBandwidthText);
  }

  #added(peer: RemotePeer, track: RemoteTrack): void {
    if (track.kind === 'audio') this.#play(track);
    this.#show(peer);
  }

  #removed(peer: RemotePeer, track: RemoteTrack, reason: string): void {
    this.#silence(track);
    // Keep the last picture until the next one comes, to avoid flickering.
    if (!rebuilding.has(reason) && this.client.peers.has(peer.id)) this.#show(peer);
  }

  #stateChanged(): void {
    const showAll = () => {
      for (const peer of this.client.peers.values()) this.#show(peer);
    };
    clearTimeout(this.#settling);
    // The peer is back in the call: remove the tracks that did not come back with it.
    if (this.client.state === 'joined') this.#settling = setTimeout(showAll, settleAfter);
    else showAll();
  }

  #gone(peer: RemotePeer): void {
    this.#volumes.delete(peer.id);
    clearTimeout(this.#heard.get(peer.id));
    this.#heard.delete(peer.id);
    this.stage.remove(peer.id);
    this.stage.remove(`${peer.id}/screen`);
    this.#count();
  }

  #play(track: RemoteTrack): void {
    const voice = new Audio();
    voice.autoplay = true;
    voice.volume = this.volume(track.peerId);
    this.#voices.set(track, voice);
    track.attach(voice);
    const speaker = this.local.chosen('speaker');
    if (speaker !== undefined) route(voice, speaker);
    voice.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#askForSound();
    });
  }

  /** Browsers allow sound only after the user has interacted with the page. */
  #askForSound(): void {
    const run = () => {
      banner('sound');
      for (const voice of this.#voices.values()) voice.play().catch(() => {});
    };
    const action = { label: 'Hear the others', run };
    banner('sound', { text: 'Your browser holds the sound back.', action });
  }

  #silence(track: RemoteTrack): void {
    const voice = this.#voices.get(track);
    if (!voice) return;
    voice.srcObject = null;
    this.#voices.delete(track);
  }

  #speaks(peerId: string): void {
    const tile = this.stage.tile(peerId);
    // It may have left while it was measured.
    if (!tile) return;
    tile.setSpeaking(true);
    this.stage.setHeard(peerId);
    clearTimeout(this.#heard.get(peerId));
    const quiet = () => tile.setSpeaking(false);
    this.#heard.set(peerId, setTimeout(quiet, speakingFor));
  }

  #count(): void {
    const { count: people } = this.client.turnout;
    byId('call-count').textContent = String(people);
    byId('call-people').textContent = people === 1 ? 'person' : 'people';
  }
}

function sharesScreen({ publications }: RemotePeer): boolean {
  return [...publications.values()].some(({ kind, source }) => kind === 'video' && source === 'screen');
}

function route(voice: HTMLAudioElement, id: string): void {
  // If the speaker was unplugged, the sound stays on the previous one.
  if ('setSinkId' in voice) voice.setSinkId(id).catch(() => {});
}
