import { type ClientError, TureenClient } from '../index.ts';
import { type Address, inviteLink } from './address.ts';
import { Chat } from './chat.ts';
import { Details } from './details.ts';
import { DeviceMenu } from './device-menu.ts';
import { byId, setIcon } from './dom.ts';
import { Hands } from './hands.ts';
import type { LocalMedia } from './local-media.ts';
import { announce, banner, notify } from './notices.ts';
import { OwnDevices } from './own-devices.ts';
import { People } from './people.ts';
import { followKeys } from './shortcuts.ts';
import { Stage } from './stage.ts';

export interface CallScreenOptions {
  readonly address: Address;
  readonly room: string;
  readonly name: string;
  readonly local: LocalMedia;
  readonly onEnded: (error: ClientError) => void;
}

/** Rebuilding the media is shown only if it takes longer than this, in milliseconds. */
const silentRebuild = 1500;

/** The call: the client and its user interface. One for each call. */
export class CallScreen {
  readonly #client: TureenClient;
  readonly #ended = new AbortController();
  readonly #stage: Stage;
  readonly #people: People;
  readonly #own: OwnDevices;
  readonly #hands: Hands;
  readonly #details: Details;
  readonly #menu: DeviceMenu;
  #bannerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: CallScreenOptions) {
    const { address, room, name, local } = options;
    const { token, peerId } = address;
    const { signal } = this.#ended;
    const client = new TureenClient({ roomId: room, displayName: name, token, peerId });
    this.#client = client;
    // To try the library in the browser's console.
    Object.assign(globalThis, { tureen: client });
    this.#stage = new Stage({
      onDetails: (tile) => this.#details.open(tile),
      onLayout: (layout) => this.#showLayout(layout),
    });
    this.#people = new People(client, this.#stage, local);
    this.#own = new OwnDevices(client, local, () => this.#people.showOwn(), signal);
    this.#hands = new Hands(client, (who, raised) => this.#people.setHand(who, raised));
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
        h: () => this.#toggleHand(),
        c: () => chat.toggle(),
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
    void this.#client.openChannel('chat').catch(() => {});
    void this.#client.openChannel('hand').catch(() => {});
    byId('call-title').textContent = room;
    document.title = `${room} – Tureen`;
    byId('call').hidden = false;
    this.#stage.arrange();
    byId('call-title').focus({ preventScroll: true });
  }

  #listen(): void {
    const client = this.#client;
    client.on('state', ({ state, error }) => this.#showState(state, error));
    client.on('peerJoined', (peer) => client.state === 'joined' && announce(`${peer.displayName} joined`));
    client.on('peerLeft', ({ peer }) => client.state === 'joined' && announce(`${peer.displayName} left`));
    client.on('notice', ({ message }) => notify(`A message of the host: ${message}`));
    client.on('locked', ({ locked }) =>
      notify(locked ? 'The room is locked now.' : 'The room is open again.'),
    );
    client.on('draining', ({ deadline }) => {
      const time = new Date(deadline).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      notify(`The server ends at ${time}. The call moves to another by itself.`);
    });
    client.on('transport', ({ state }) => {
      if (state === 'disconnected' || state === 'failed')
        banner('The connection is bad. Mending it…', { busy: true });
      else if (state === 'connected') banner();
    });
  }

  #showState(state: TureenClient['state'], error: ClientError | undefined): void {
    clearTimeout(this.#bannerTimer);
    if (state === 'joined') banner();
    else if (state === 'rejoining') {
      const text = 'The media server was replaced. The call comes back…';
      this.#bannerTimer = setTimeout(() => banner(text, { busy: true }), silentRebuild);
    } else if (state === 'reconnecting') {
      const action = { label: 'Try now', run: () => this.#client.reconnectNow() };
      banner('The connection broke. Reconnecting…', { busy: true, action });
    } else if (state === 'ended' && error && !byId('call').hidden) {
      this.#close();
      this.options.onEnded(error);
    }
  }

  #wireButtons(signal: AbortSignal): void {
    const click = (id: string, run: () => void) => byId(id).addEventListener('click', run, { signal });
    const settings = byId('settings', HTMLDialogElement);
    byId('hand').setAttribute('aria-pressed', 'false');
    click('hand', () => this.#toggleHand());
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

  #toggleHand(): void {
    this.#hands.toggle();
    byId('hand').setAttribute('aria-pressed', String(this.#hands.raised));
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
    clearTimeout(this.#bannerTimer);
    banner();
    byId('settings', HTMLDialogElement).close();
    byId('toasts').replaceChildren();
    this.#details.close();
    this.#menu.stop();
    this.#people.stop();
    this.#hands.stop();
    this.#stage.stop();
    if (document.fullscreenElement) void document.exitFullscreen();
    byId('call').hidden = true;
  }
}
