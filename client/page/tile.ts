import type { QualityLevel, RemoteTrack } from '../index.ts';
import { icon, make, paintAvatar } from './dom.ts';
import type { Place } from './layout.ts';

export interface TileOptions {
  /** Unique among the tiles. */
  readonly id: string;
  readonly peerId: string;
  readonly name: string;
  /** The name for the initials, if it differs from the shown name. */
  readonly initialsOf?: string;
  readonly own: boolean;
  /** A shared screen instead of a person. */
  readonly screen: boolean;
  /** The user opens the details. */
  readonly onDetails: () => void;
  /** The user pins it. */
  readonly onPin: () => void;
}

/** How long a reaction is shown, in milliseconds. */
const reactionMs = 4000;

const qualityNames: Readonly<Record<QualityLevel, string>> = {
  unknown: 'not measured',
  lost: 'lost',
  poor: 'poor',
  fair: 'fair',
  good: 'good',
};

/** One tile of the call: a person, or a shared screen. */
export class Tile {
  readonly element: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #avatar = make('span', { className: 'avatar' });
  readonly #name = make('span', { className: 'tile-name' });
  readonly #mute = make('span', { className: 'tile-mute', hidden: true }, icon('microphone-off'));
  readonly #hand = make('span', { className: 'tile-hand', hidden: true }, icon('hand'));
  readonly #away = make('span', { className: 'tile-away', hidden: true }, icon('reconnect'));
  readonly #pin = make('button', { type: 'button', className: 'tile-pin' }, icon('pin'));
  readonly #reaction = make('span', { className: 'tile-reaction', ariaHidden: 'true', hidden: true });
  #reacting: ReturnType<typeof setTimeout> | undefined;
  readonly #trouble = make('p', { className: 'tile-trouble', hidden: true });
  readonly #details = make('button', { type: 'button', className: 'bars' });
  #shown: RemoteTrack | MediaStreamTrack | undefined;
  #detach: () => void = () => {};
  /** Ends what follows whether it is in view. */
  endView: () => void = () => {};
  #displayName = '';

  constructor(readonly options: TileOptions) {
    const { own, screen, onDetails, onPin } = options;
    this.#video = make('video', { autoplay: true, playsInline: true, muted: true, hidden: true });
    this.#video.classList.toggle('mirrored', own && !screen);
    this.#mute.append(make('span', { className: 'visually-hidden', textContent: 'muted' }));
    this.#hand.append(make('span', { className: 'visually-hidden', textContent: 'hand raised' }));
    this.#away.append(make('span', { className: 'tile-away-text', textContent: 'reconnecting…' }));
    this.#details.append(...[1, 2, 3].map(() => make('i')));
    this.#details.addEventListener('click', onDetails);
    const signs = [this.#hand, this.#mute, this.#name, this.#away];
    const caption = make('figcaption', { className: 'tile-caption' }, ...signs);
    const parts = [this.#avatar, this.#video, this.#trouble, caption];
    parts.push(this.#reaction, this.#pin, this.#details);
    this.element = make('figure', { className: 'tile' }, ...parts);
    this.element.dataset.tile = options.id;
    this.element.dataset.peer = options.peerId;
    this.element.classList.toggle('own', own);
    this.element.classList.toggle('screen', screen);
    this.#pin.addEventListener('click', onPin);
    this.setName(options.name);
    this.setPinned(false);
    this.setQuality('unknown');
  }

  get name(): string {
    return this.#displayName;
  }

  setName(name: string): void {
    if (this.#displayName === name) return;
    this.#displayName = name;
    this.#name.textContent = name;
    paintAvatar(this.#avatar, this.options.initialsOf ?? name);
    this.#pin.setAttribute('aria-label', `Pin ${name}`);
  }

  /** Shows a picture, or the avatar without one. */
  show(track: RemoteTrack | MediaStreamTrack | undefined): void {
    if (this.#shown === track) return;
    this.#detach();
    this.#shown = track;
    this.#video.hidden = track === undefined;
    this.#detach = track === undefined ? () => {} : play(track, this.#video);
  }

  /** The sender paused the video: do not show an old picture as if it were live. */
  setPicture(visible: boolean): void {
    this.#video.hidden = !visible || this.#shown === undefined;
  }

  setMuted(muted: boolean): void {
    this.#mute.hidden = !muted;
  }

  setSpeaking(speaking: boolean): void {
    this.element.classList.toggle('speaking', speaking);
  }

  setHand(raised: boolean): void {
    this.#hand.hidden = !raised;
  }

  /** Its picture may be an old one. @param away because its own connection is cut, or its media is being rebuilt */
  setStale(stale: boolean, away: boolean): void {
    this.element.classList.toggle('away', stale);
    this.#away.hidden = !away;
  }

  /**
   * The server cannot send its picture: the last one is shown as paused. It stays in view, for what is not seen is not
   * asked for, and would not come back.
   */
  setStopped(stopped: boolean): void {
    this.element.classList.toggle('stopped', stopped);
  }

  get stopped(): boolean {
    return this.element.classList.contains('stopped');
  }

  /** Says why something of the person is missing. @returns whether that is news */
  setTrouble(text: string | undefined): boolean {
    if (this.#trouble.textContent === (text ?? '')) return false;
    this.#trouble.textContent = text ?? '';
    this.#trouble.hidden = text === undefined;
    return text !== undefined;
  }

  setPinned(pinned: boolean): void {
    this.element.classList.toggle('pinned', pinned);
    this.#pin.setAttribute('aria-pressed', String(pinned));
    this.#pin.title = pinned ? 'Unpin' : 'Pin';
    this.#pin.setAttribute('aria-label', `Pin ${this.#displayName}`);
  }

  /** Shows a reaction over the picture for a moment. */
  showReaction(symbol: string): void {
    clearTimeout(this.#reacting);
    this.#reaction.textContent = symbol;
    this.#reaction.hidden = false;
    this.#reacting = setTimeout(() => {
      this.#reaction.hidden = true;
    }, reactionMs);
  }

  setQuality(level: QualityLevel): void {
    this.#details.dataset.level = level;
    const label = `${this.#displayName}: connection ${qualityNames[level]}. Details`;
    this.#details.setAttribute('aria-label', label);
    this.#details.title = `Connection: ${qualityNames[level]}`;
  }

  /** Moves it; without a position it is hidden, so that its video is paused. */
  place(place: Place | undefined, main: boolean): void {
    const { style } = this.element;
    this.element.hidden = place === undefined;
    this.element.classList.toggle('main', main);
    if (!place) return;
    style.setProperty('transform', `translate(${Math.round(place.left)}px, ${Math.round(place.top)}px)`);
    style.setProperty('width', `${Math.round(place.width)}px`);
    style.setProperty('height', `${Math.round(place.height)}px`);
    this.element.classList.toggle('tiny', place.width < 200);
  }

  /** Whether its picture can be shown in a window of its own. */
  get canFloat(): boolean {
    return document.pictureInPictureEnabled && !this.#video.hidden;
  }

  /** Shows its picture in a small window over everything else, or ends that. */
  async toggleFloating(): Promise<void> {
    if (document.pictureInPictureElement === this.#video) await document.exitPictureInPicture();
    else await this.#video.requestPictureInPicture();
  }

  async toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement === this.element) await document.exitFullscreen();
    else await this.element.requestFullscreen();
  }

  remove(): void {
    clearTimeout(this.#reacting);
    this.#detach();
    this.endView();
    this.element.remove();
  }
}

function play(track: RemoteTrack | MediaStreamTrack, video: HTMLVideoElement): () => void {
  if (!(track instanceof MediaStreamTrack)) return track.attach(video);
  video.srcObject = new MediaStream([track]);
  video.play().catch(() => {});
  return () => {
    video.srcObject = null;
  };
}
