import type { RemotePeer, TureenClient } from '../index.ts';
import { icon, make, paintAvatar, setIcon } from './dom.ts';
import type { ModeratorActions } from './moderator-actions.ts';
import type { People } from './people.ts';
import { nameOf } from './texts.ts';

interface RowOptions {
  readonly own: boolean;
  readonly people: People;
  readonly actions: ModeratorActions;
}

/** What a row shows of a person. */
interface State {
  readonly name: string;
  readonly note: string;
  readonly hand: boolean;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly level: string;
}

/** One person in the list. Its elements stay the same, so that focus and pointer stay where they are. */
export class PersonRow {
  readonly element: HTMLElement;
  name = '';
  readonly #avatar = make('span', { className: 'avatar', ariaHidden: 'true' });
  readonly #name = make('span', { className: 'person-name' });
  readonly #note = make('span', { className: 'person-note muted' });
  readonly #hand = sign('hand', 'hand raised');
  readonly #microphone = sign('microphone', '');
  readonly #camera = sign('camera', '');
  readonly #quality = make('span', { className: 'bars plain' }, make('i'), make('i'), make('i'));
  readonly #options = make('button', { type: 'button', className: 'ghost' }, icon('more'));
  readonly #more = make('div', { className: 'person-more', hidden: true });
  readonly #volume = make('input', { type: 'range', min: '0', max: '100', step: '5' });
  #shown = '';

  constructor(
    private readonly id: string,
    private readonly options: RowOptions,
  ) {
    const names = make('span', { className: 'person-names' }, this.#name, this.#note);
    const qualityText = make('span', { className: 'visually-hidden' });
    this.#quality.append(qualityText);
    const signs = [this.#hand, this.#microphone, this.#camera, this.#quality];
    const line = make('div', { className: 'person-line' }, this.#avatar, names, ...signs);
    this.element = make('li', { className: 'person' }, line);
    this.element.dataset.person = id;
    if (options.own) return;
    line.append(this.#options);
    this.element.append(this.#more);
    this.#options.setAttribute('aria-expanded', 'false');
    this.#options.addEventListener('click', () => this.#open(this.#more.hidden !== false));
    this.#volume.value = String(options.people.volume(id) * 100);
    this.#volume.addEventListener('input', () =>
      options.people.setVolume(id, this.#volume.valueAsNumber / 100),
    );
    this.#more.append(make('label', { className: 'volume' }, 'Volume', this.#volume), options.actions.of(id));
  }

  show(peer: RemotePeer, client: TureenClient): void {
    const on = (source: 'microphone' | 'camera') => peer.track(source)?.muted === false;
    const { stopped, publish, muted } = peer.restrictions;
    const notes = [
      peer.away ? 'reconnecting' : '',
      stopped ? 'may not send' : publish === false ? 'listens' : '',
      muted.includes('audio') ? 'muted by a moderator' : '',
      peer.unreachable.length > 0 ? 'not everything gets through' : '',
    ];
    this.#show({
      name: nameOf(peer),
      note: notes.filter((note) => note !== '').join(', '),
      hand: peer.handRaisedAt !== null,
      microphone: on('microphone'),
      camera: on('camera'),
      level: client.quality(peer.id).level,
    });
    this.options.actions.update(this.id, peer);
  }

  showOwn(client: TureenClient): void {
    const on = (source: 'microphone' | 'camera') => client.publication(source)?.paused === false;
    this.#show({
      name: nameOf(client),
      note: client.permissions.moderate ? 'you, moderator' : 'you',
      hand: client.handRaised,
      microphone: on('microphone'),
      camera: on('camera'),
      level: client.quality().level,
    });
  }

  /** The person has left, and the row may not move yet. */
  showGone(): void {
    // Who comes back is shown again, also without a change.
    this.#shown = '';
    this.element.classList.add('gone');
    this.#note.textContent = 'has left';
    this.#open(false);
    this.#options.disabled = true;
  }

  #show(state: State): void {
    const text = JSON.stringify(state);
    if (text === this.#shown) return;
    this.#shown = text;
    this.name = state.name;
    this.element.classList.remove('gone');
    this.#options.disabled = false;
    paintAvatar(this.#avatar, state.name);
    this.#name.textContent = state.name;
    this.#note.textContent = state.note;
    this.#hand.hidden = !state.hand;
    setSign(this.#microphone, 'microphone', state.microphone);
    setSign(this.#camera, 'camera', state.camera);
    this.#quality.dataset.level = state.level;
    this.#quality.title = `Connection: ${state.level}`;
    const quality = this.#quality.querySelector('.visually-hidden');
    if (quality) quality.textContent = `connection ${state.level}`;
    this.#options.setAttribute('aria-label', `Options for ${state.name}`);
    this.#options.title = 'Options';
  }

  #open(open: boolean): void {
    this.#more.hidden = !open;
    this.#options.setAttribute('aria-expanded', String(open));
  }
}

function sign(name: string, text: string): HTMLElement {
  const words = make('span', { className: 'visually-hidden', textContent: text });
  return make('span', { className: `sign ${name}` }, icon(name), words);
}

function setSign(element: HTMLElement, kind: 'microphone' | 'camera', on: boolean): void {
  setIcon(element, on ? kind : `${kind}-off`);
  element.classList.toggle('off', !on);
  const words = element.querySelector('.visually-hidden');
  if (words) words.textContent = `${kind} ${on ? 'on' : 'off'}`;
  element.title = `${kind} ${on ? 'on' : 'off'}`;
}
