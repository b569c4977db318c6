import { type ClientError, type Servers, TureenClient } from '../index.ts';
import { type Address, inviteLink } from './address.ts';
import { Chat } from './chat.ts';
import { Details } from './details.ts';
import { DeviceMenu } from './device-menu.ts';
import { byId, setIcon } from './dom.ts';
import { Hands } from './hands.ts';
import { Happenings } from './happenings.ts';
import type { LocalMedia } from './local-media.ts';
import { ModeratorActions } from './moderator-actions.ts';
import { clearNotices, notify } from './notices.ts';
import { mayPublish, OwnDevices } from './own-devices.ts';
import { People } from './people.ts';
import { PeoplePanel } from './people-panel.ts';
import { showReactions } from './reactions.ts';
import { followKeys } from './shortcuts.ts';
import { SpeechHint } from './speech-hint.ts';
import { Stage } from './stage.ts';

export interface CallScreenOptions {
  readonly address: Address;
  readonly room: string;
  readonly name: string;
  readonly servers: Servers;
  readonly local: LocalMedia;
  readonly onEnded: (error: ClientError) => void;
}

/** The call: the client and its user interface. One for each call. */
export class CallScreen {
  readonly #client: TureenClient;
  readonly #ended = new AbortController();
  readonly #stage: Stage;
  readonly #people: People;
  readonly #own: OwnDevices;
  readonly #hands: Hands;
  readonly #happenings: Happenings;
  readonly #hint: SpeechHint;
  readonly #details: Details;
  readonly #menu: DeviceMenu;

  constructor(private readonly options: CallScreenOptions) {
    const { address, room, name, servers, local } = options;
    const { token, peerId } = address;
    const { signal } = this.#ended;
    const client = new TureenClient({ url: servers, roomId: room, displayName: name, token, peerId });
    this.#client = client;
    // To try the library in the browser's console.
    Object.assign(globalThis, { tureen: client });
    this.#stage = new Stage({
      onDetails: (tile) => this.#details.open(tile),
      onLayout: (layout) => this.#showLayout(layout),
      onMore: () => people.panel.toggle(),
    });
    this.#people = new People(client, this.#stage, local);
    this.#own = new OwnDevices(client, local, () => this.#people.showOwn(), signal);
    this.#hands = new Hands(client, this.#stage);
    this.#happenings = new Happenings(client, this.#own);
    this.#hint = new SpeechHint(client, () => this.#own.toggle('microphone'));
    showReactions(client, this.#stage, signal);
    const people = new PeoplePanel(client, this.#people, new ModeratorActions(client, signal), signal);
    this.#details = new Details(client, this.#stage, signal);
    const chat = new Chat(client, signal);
    this.#menu = new DeviceMenu(byId('call-device-menu'), local, (kind, id) => {
      if (kind === 'speaker') this.#people.setSpeakerDevice(id);
      else void this.#own.change(kind);
    });
    this.#listen();
    this.#wireButtons(signal);
    followKeys(
      {
        m: () => this.#own.toggle('microphone'),
        v: () => this.#own.toggle('camera'),
        s: () => this.#own.toggleScreen(),
        h: () => this.#hands.toggle(),
        c: () => chat.panel.toggle(),
        p: () => people.panel.toggle(),
        l: () => this.#stage.toggleLayout(),
        f: () => this.#toggleFullscreen(),
      },
      signal,
    );
  }

  /** Joins and then shows the call. @throws ClientError */
  async join(): Promise<void> {
    const { room } = this.options;
    // Tracks published before the join are sent together with it.
    this.#own.begin();
    try {
      await this.#client.join();
    } catch (error) {
      this.#close();
      throw error;
    }
    if (mayPublish(this.#client.permissions, 'data')) void this.#client.openChannel('chat').catch(() => {});
    byId('call-title').textContent = room;
    document.title = `${room} – Tureen`;
    byId('call').hidden = false;
    this.#stage.arrange();
    byId('call-title').focus({ preventScroll: true });
  }

  #listen(): void {
    this.#client.on('state', ({ state, error }) => {
      if (state === 'joined') this.#own.show();
      if (state !== 'ended' || !error || byId('call').hidden) return;
      this.#close();
      this.options.onEnded(error);
    });
  }

  #wireButtons(signal: AbortSignal): void {
    const click = (id: string, run: () => void) => byId(id).addEventListener('click', run, { signal });
    const settings = byId('settings', HTMLDialogElement);
    click('hand', () => this.#hands.toggle());
    click('layout', () => this.#stage.toggleLayout());
    click('fullscreen', () => this.#toggleFullscreen());
    click('invite', () => void this.#invite());
    click('alone-invite', () => void this.#invite());
    click('settings-open', () => settings.showModal());
    click('settings-close', () => settings.close());
    click('leave', () => void this.#client.leave());
    // Notifies the server of a closed tab, so that the others do not see a frozen picture.
    addEventListener('pagehide', () => void this.#client.leave(), { signal });
  }

  #showLayout(layout: 'grid' | 'speaker'): void {
    const button = byId('layout');
    const speaker = layout === 'speaker';
    setIcon(button, speaker ? 'grid' : 'speaker');
    button.setAttribute('aria-pressed', String(speaker));
  }

  #toggleFullscreen(): void {
    const changing = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen();
    changing.catch(() => notify('This browser does not let the page fill the screen.'));
  }

  async #invite(): Promise<void> {
    const link = inviteLink(this.options.room);
    const hint = this.options.address.token ? ' Others need a token of their own to enter.' : '';
    try {
      await navigator.clipboard.writeText(link);
      notify(`The link is copied.${hint}`);
    } catch {
      notify(`Send this link: ${link}${hint}`);
    }
  }

  #close(): void {
    this.#ended.abort();
    clearNotices();
    for (const id of ['settings', 'question']) byId(id, HTMLDialogElement).close();
    this.#details.close();
    this.#menu.stop();
    this.#people.stop();
    this.#happenings.stop();
    this.#hint.stop();
    this.#stage.stop();
    if (document.fullscreenElement) void document.exitFullscreen();
    byId('call').hidden = true;
  }
}
