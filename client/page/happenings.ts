import type { Publication, TureenClient } from '../index.ts';
import { byId } from './dom.ts';
import { announce, banner, notify } from './notices.ts';
import type { OwnDevices } from './own-devices.ts';
import { nameOf, sourceNames } from './texts.ts';

/** Rebuilding the media is shown only if it takes longer than this, in milliseconds. */
const silentRebuildMs = 1500;

/** Tells the user what happens to the call, and what others did to the user. */
export class Happenings {
  readonly #held = new Set<Publication>();
  #publish: boolean | readonly string[] = true;
  #rebuilding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: TureenClient,
    private readonly own: OwnDevices,
  ) {
    this.#publish = client.permissions.publish;
    client.on('state', ({ state }) => this.#stateChanged(state));
    client.on('peerJoined', (peer) => client.state === 'joined' && announce(`${nameOf(peer)} joined`));
    client.on('peerLeft', ({ peer }) => client.state === 'joined' && announce(`${nameOf(peer)} left`));
    client.on('notice', ({ message }) => notify(`A message of the host: ${message}`));
    client.on('locked', ({ locked }) => this.#lockChanged(locked));
    client.on('publicationChanged', (publication) => this.#holdChanged(publication));
    client.on('publicationEnded', ({ publication }) => this.#held.delete(publication));
    client.on('permissions', ({ publish }) => this.#permissionsChanged(publish));
    client.on('draining', ({ deadline }) => this.#drains(deadline));
    client.on('drainCancelled', () => this.#drainCancelled());
    client.on('transport', ({ state }) => {
      if (state === 'disconnected' || state === 'failed')
        banner('connection', { text: 'The connection is bad. Mending it…', busy: true });
      else if (state === 'connected') banner('connection');
    });
  }

  stop(): void {
    clearTimeout(this.#rebuilding);
  }

  #stateChanged(state: TureenClient['state']): void {
    clearTimeout(this.#rebuilding);
    if (state === 'joined') {
      banner('connection');
      this.#publish = this.client.permissions.publish;
      byId('locked').hidden = !this.client.locked;
    } else if (state === 'resuming') {
      const text = 'Your connection broke. You are still in the call, and it comes back by itself…';
      const action = { label: 'Try now', run: () => this.client.reconnectNow() };
      const show = () => banner('connection', { text, busy: true, action });
      this.#rebuilding = setTimeout(show, silentRebuildMs);
    } else if (state === 'rejoining') {
      const text = 'The media server was replaced. The call comes back…';
      this.#rebuilding = setTimeout(() => banner('connection', { text, busy: true }), silentRebuildMs);
    } else if (state === 'reconnecting') {
      // The server that was about to stop is the one that was left.
      banner('drain');
      const action = { label: 'Try now', run: () => this.client.reconnectNow() };
      banner('connection', { text: 'The connection broke. Reconnecting…', busy: true, action });
    }
  }

  #lockChanged(locked: boolean): void {
    byId('locked').hidden = !locked;
    if (this.client.state !== 'joined') return;
    notify(
      locked
        ? 'A moderator locked the room: nobody else can join.'
        : 'The room is open again: others can join.',
    );
  }

  /** A moderator muted what we send, or lets us send it again. */
  #holdChanged(publication: Publication): void {
    const { held, source } = publication;
    if (held === this.#held.has(publication)) return;
    const what = sourceNames[source];
    if (held) {
      this.#held.add(publication);
      notify(`A moderator muted your ${what}. You can turn it on again when a moderator allows it.`);
      return;
    }
    this.#held.delete(publication);
    const resumes = source === 'microphone' || source === 'camera';
    const action = resumes ? { label: `Turn on`, run: () => this.own.toggle(source) } : undefined;
    notify(`A moderator allows your ${what} again.`, action);
  }

  #permissionsChanged(publish: boolean | readonly string[]): void {
    const before = this.#publish;
    this.#publish = publish;
    if (publish === false)
      notify(
        'A moderator stopped what you send. You can go on watching and listening, and raise your hand to ask for it.',
      );
    else if (publish === true || before === false)
      notify('A moderator lets you use your camera and microphone again.');
    else notify(`A moderator changed what you may send: now ${publish.map(sourceName).join(' and ')}.`);
  }

  #drains(deadline: number): void {
    const time = new Date(deadline).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const text = `This server stops at ${time}. Before that your call moves to another by itself, with a break of a moment.`;
    banner('drain', { text });
  }

  #drainCancelled(): void {
    banner('drain');
    notify('The server does not stop after all. Your call stays as it is.');
  }
}

function sourceName(source: string): string {
  const known: Readonly<Record<string, string>> = {
    audio: 'your microphone',
    video: 'your camera',
    screen: 'your screen',
    data: 'chat messages',
  };
  return known[source] ?? source;
}
