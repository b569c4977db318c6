import type { ClientError } from '../index.ts';
import { type Address, inventRoom } from './address.ts';
import { DeviceMenu } from './device-menu.ts';
import { byId, make, paintAvatar, setIcon } from './dom.ts';
import type { InputKind, LocalMedia } from './local-media.ts';
import { showLevel } from './meter.ts';
import { readPreferences, remember } from './preferences.ts';
import { explain, sentence } from './texts.ts';

export interface EntranceOptions {
  readonly address: Address;
  readonly local: LocalMedia;
  /** Rejects with the reason. */
  readonly onJoin: (room: string, name: string) => Promise<void>;
}

const kinds = ['microphone', 'camera'] as const;

/** The screen before the call: room, name, and preview. */
export class Entrance {
  readonly #root = byId('entrance');
  readonly #room = byId('room', HTMLInputElement);
  readonly #name = byId('name', HTMLInputElement);
  readonly #join = byId('join', HTMLButtonElement);
  #stopLevel: () => void = () => {};
  #metered: MediaStreamTrack | undefined;
  #shown: MediaStreamTrack | undefined;

  constructor(private readonly options: EntranceOptions) {
    const { address, local } = options;
    this.#room.value = address.room || inventRoom();
    this.#room.readOnly = address.fixedRoom;
    this.#name.value = address.name ?? readPreferences().name ?? '';
    this.#name.readOnly = address.fixedName;
    byId('entrance-note').textContent = address.token
      ? 'Your invitation link is for you only.'
      : 'Anyone who has the link to the room can join it.';
    this.#root.classList.toggle('listens', address.listens);
    byId('entrance-lead').textContent = address.listens
      ? 'With this invitation you watch and listen. Your camera and microphone stay off.'
      : 'Everyone who opens the same room meets here.';
    for (const id of ['preview', 'entrance-devices']) byId(id).hidden = address.listens;
    byId('entrance-form').addEventListener('submit', (event) => void this.#submit(event));
    this.#name.addEventListener('input', () => this.#show());
    for (const kind of kinds) {
      byId(`preview-${kind}`).addEventListener('click', () => this.#toggle(kind));
    }
    local.on('changed', () => this.#show());
    new DeviceMenu(byId('entrance-device-menu'), local, (kind) => {
      if (kind !== 'speaker' && local.wanted(kind)) void local.preview(kind);
    });
  }

  /** Shows the screen and opens the devices that the user wants. */
  open(error?: ClientError): void {
    this.#root.hidden = false;
    document.title = 'Tureen';
    this.#setProblem(error);
    this.#show();
    const { address } = this.options;
    if (!address.listens) this.#openDevices();
    (this.#name.value === '' ? this.#name : this.#join).focus({ preventScroll: true });
    // Where the window is low, the reason would be below its edge.
    if (error) byId('entrance-problem').scrollIntoView({ block: 'nearest' });
  }

  #openDevices(): void {
    const { local } = this.options;
    for (const kind of kinds) if (local.wanted(kind) && !local.track(kind)) void local.preview(kind);
  }

  close(): void {
    this.#root.hidden = true;
    this.#show();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.#join.disabled) return;
    const [room = '', name = ''] = [this.#room, this.#name].map(({ value }) =>
      value.trim().replace(/\s+/g, ' '),
    );
    if (!this.options.address.fixedName) remember({ name });
    this.#setProblem();
    this.#setBusy(true);
    try {
      await this.options.onJoin(room, name);
    } catch (error) {
      this.open(error as ClientError);
    } finally {
      this.#setBusy(false);
    }
  }

  #setBusy(busy: boolean): void {
    this.#join.disabled = busy;
    this.#join.textContent = busy ? 'Joining…' : 'Join';
  }

  #setProblem(error?: ClientError): void {
    const problem = byId('entrance-problem');
    problem.hidden = error === undefined;
    if (!error) return;
    const { title, what, advice } = explain(error);
    problem.replaceChildren(
      make('strong', { textContent: title }),
      make('p', { textContent: `${what} ${advice}` }),
    );
  }

  #toggle(kind: InputKind): void {
    const { local } = this.options;
    if (local.track(kind)) local.close(kind);
    else void local.preview(kind);
  }

  #show(): void {
    const { local } = this.options;
    this.#showPicture(local.track('camera'));
    this.#meter(this.#root.hidden ? undefined : local.track('microphone'));
    for (const kind of kinds) {
      const on = local.track(kind) !== undefined;
      const button = byId(`preview-${kind}`);
      button.setAttribute('aria-pressed', String(on));
      setIcon(button, on ? kind : `${kind}-off`);
    }
    this.#showProblems();
  }

  #showPicture(track: MediaStreamTrack | undefined): void {
    const video = byId('preview-video', HTMLVideoElement);
    const picture = this.#root.hidden ? undefined : track;
    if (picture !== this.#shown) video.srcObject = picture ? new MediaStream([picture]) : null;
    this.#shown = picture;
    video.hidden = !picture;
    byId('preview-empty').hidden = picture !== undefined;
    paintAvatar(byId('preview-avatar'), this.#name.value);
    byId('preview-hint').textContent = this.options.local.problem('camera')
      ? 'No picture'
      : 'Your camera is off';
  }

  #meter(track: MediaStreamTrack | undefined): void {
    byId('preview-meter').hidden = track === undefined;
    if (track === this.#metered) return;
    this.#stopLevel();
    this.#metered = track;
    this.#stopLevel = track ? showLevel(track, byId('preview-meter')) : () => {};
  }

  #showProblems(): void {
    const { local } = this.options;
    const problems = kinds.flatMap((kind) => {
      const problem = local.problem(kind);
      if (!problem) return [];
      const again = make('button', { type: 'button', className: 'text-button', textContent: 'Try again' });
      again.setAttribute('aria-label', `Try the ${kind} again`);
      again.addEventListener('click', () => void local.preview(kind));
      return [
        make('div', { className: 'problem' }, make('p', { textContent: sentence(problem.message) }), again),
      ];
    });
    const hint = make('p', {
      className: 'muted',
      textContent: 'You can join without, and turn it on later.',
    });
    byId('device-problems').replaceChildren(...problems, ...(problems.length > 0 ? [hint] : []));
  }
}
