import { messageOf } from '../errors.ts';
import type { RemotePeer, TureenClient } from '../index.ts';
import { byId, make } from './dom.ts';
import { notify } from './notices.ts';
import { ask, askRemoval } from './question.ts';
import { nameOf, sentence } from './texts.ts';

/** The buttons that act on one person. */
type Action = 'mute' | 'stop' | 'lower' | 'remove';

const labels: Readonly<Record<Action, readonly [usual: string, undo: string]>> = {
  mute: ['Mute', 'Allow the microphone'],
  stop: ['Stop sending', 'Let send again'],
  lower: ['Lower the hand', ''],
  remove: ['Remove…', ''],
};

/** What a moderator does from inside the call: each action can be taken back, or asks first. */
export class ModeratorActions {
  readonly #buttons = new Map<string, Readonly<Record<Action, HTMLButtonElement>>>();

  constructor(
    private readonly client: TureenClient,
    signal: AbortSignal,
  ) {
    const click = (id: string, run: () => Promise<void>) =>
      byId(id).addEventListener('click', () => this.#try(run), { signal });
    click('mute-all', () => this.#muteAll());
    click('allow-all', () => this.#allowAll());
    click('lower-hands', () => this.#lowerHands());
    click('lock', () => client.lockRoom(!client.locked));
    this.showTools();
  }

  /** The buttons for one person; empty for who does not moderate. */
  of(peerId: string): HTMLElement {
    const run: Readonly<Record<Action, (peer: RemotePeer) => Promise<void>>> = {
      mute: (peer) => this.#mute(peer),
      stop: (peer) => this.#stop(peer),
      lower: async ({ id }) => void (await this.client.lowerHands(id)),
      remove: (peer) => this.#remove(peer),
    };
    const button = (action: Action) => {
      const element = make('button', { type: 'button', className: 'secondary small' });
      element.classList.toggle('danger', action === 'remove');
      element.dataset.action = action;
      element.addEventListener('click', () => {
        const peer = this.client.peers.get(peerId);
        if (peer) this.#try(() => run[action](peer));
      });
      return element;
    };
    const buttons = {
      mute: button('mute'),
      stop: button('stop'),
      lower: button('lower'),
      remove: button('remove'),
    };
    this.#buttons.set(peerId, buttons);
    const row = make('div', { className: 'row' }, ...Object.values(buttons));
    const peer = this.client.peers.get(peerId);
    if (peer) this.update(peerId, peer);
    return row;
  }

  forget(peerId: string): void {
    this.#buttons.delete(peerId);
  }

  update(peerId: string, peer: RemotePeer): void {
    const buttons = this.#buttons.get(peerId);
    if (!buttons) return;
    const { moderate } = this.client.permissions;
    const { muted, stopped, publish } = peer.restrictions;
    const set = (action: Action, visible: boolean, undo = false) => {
      buttons[action].hidden = !moderate || !visible;
      const text = labels[action][undo ? 1 : 0];
      if (buttons[action].textContent !== text) buttons[action].textContent = text;
    };
    set('mute', peer.track('microphone') !== undefined, muted.includes('audio'));
    set('stop', stopped || publish !== false, stopped);
    set('lower', peer.handRaisedAt !== null);
    set('remove', true);
  }

  /** The buttons for everyone. */
  showTools(): void {
    const { client } = this;
    const peers = [...client.peers.values()];
    byId('people-tools').hidden = !client.permissions.moderate;
    byId('allow-all').hidden = !peers.some(({ restrictions }) => restrictions.muted.includes('audio'));
    const hands = peers.some(({ handRaisedAt }) => handRaisedAt !== null) || client.handRaised;
    byId('lower-hands').hidden = !hands;
    byId('lock').setAttribute('aria-pressed', String(client.locked));
    byId('locked').hidden = !client.locked;
  }

  async #mute(peer: RemotePeer): Promise<void> {
    const track = peer.track('microphone');
    if (!track) return;
    if (peer.restrictions.muted.includes('audio')) {
      await this.client.allowProducer(peer.id, track.producerId);
      return notify(`${nameOf(peer)} may turn the microphone on again.`);
    }
    await this.client.muteProducer(peer.id, track.producerId);
    const run = () => this.#try(() => this.#allow(peer));
    notify(`${nameOf(peer)} is muted.`, { label: 'Undo', run });
  }

  async #allow(peer: RemotePeer): Promise<void> {
    const track = peer.track('microphone');
    if (track) await this.client.allowProducer(peer.id, track.producerId);
  }

  async #stop(peer: RemotePeer): Promise<void> {
    if (peer.restrictions.stopped) {
      await this.client.allowPublishing(peer.id);
      return notify(`${nameOf(peer)} may send again.`);
    }
    await this.client.stopPublishing(peer.id);
    const run = () => this.#try(() => this.client.allowPublishing(peer.id));
    notify(`${nameOf(peer)} can watch and listen only.`, { label: 'Undo', run });
  }

  async #remove(peer: RemotePeer): Promise<void> {
    const options = await askRemoval(nameOf(peer));
    if (!options) return;
    await this.client.removePeer(peer.id, options);
    notify(`${nameOf(peer)} was removed.`);
  }

  /** Only those who are muted by it are allowed again when it is taken back. */
  async #muteAll(): Promise<void> {
    const peers = [...this.client.peers.values()];
    const fresh = peers.filter(({ restrictions }) => !restrictions.muted.includes('audio'));
    const count = await this.client.muteAll('microphone');
    if (count === 0) return notify('There is no microphone to mute.');
    const run = () => this.#try(async () => void (await Promise.all(fresh.map((peer) => this.#allow(peer)))));
    notify(count === 1 ? 'One microphone is muted.' : `${count} microphones are muted.`, {
      label: 'Undo',
      run,
    });
  }

  async #allowAll(): Promise<void> {
    await this.client.allowAll('microphone');
    notify('Everyone may turn the microphone on again.');
  }

  async #lowerHands(): Promise<void> {
    const question = {
      title: 'Lower all hands?',
      text: 'Who still wants to speak has to raise the hand again.',
      yes: 'Lower all',
    };
    if (await ask(question)) await this.client.lowerHands();
  }

  #try(run: () => Promise<void>): void {
    run().catch((error: unknown) => {
      notify(`That did not work: ${sentence(messageOf(error))}`);
    });
  }
}
