import { ClientError, type Publication, type TureenClient } from '../index.ts';
import { byId, setIcon } from './dom.ts';
import type { InputKind, LocalMedia } from './local-media.ts';
import { notify } from './notices.ts';
import { explainPublicationEnd, sentence } from './texts.ts';

const names = { camera: 'camera', microphone: 'microphone', screen: 'screen', screenAudio: 'sound' } as const;

/** The user's camera, microphone and screen in the call, with their buttons. */
export class OwnDevices {
  readonly #busy = new Set<string>();

  constructor(
    private readonly client: TureenClient,
    private readonly local: LocalMedia,
    private readonly onChanged: () => void,
    signal: AbortSignal,
  ) {
    for (const kind of ['camera', 'microphone'] as const) {
      this.#button(kind).addEventListener('click', () => this.toggle(kind), { signal });
    }
    const screen = this.#button('screen');
    // Phones share no screens.
    screen.hidden = !navigator.mediaDevices || !('getDisplayMedia' in navigator.mediaDevices);
    screen.addEventListener('click', () => this.toggleScreen(), { signal });
    client.on('publicationChanged', () => this.show());
    client.on('publicationEnded', ({ publication, reason }) => this.#ended(publication, reason));
    client.on('permissions', ({ publish }) => {
      if (publish === true) notify('A moderator lets you use your camera and microphone again.');
    });
  }

  /** Publishes what was open in the preview; what it has not yet is sent as soon as the call is there. */
  begin(): void {
    for (const kind of ['camera', 'microphone'] as const) {
      const track = this.local.take(kind);
      if (track) void this.#publish(kind, track);
    }
    this.show();
  }

  toggle(kind: InputKind): void {
    this.#once(kind, () => this.#toggle(kind));
  }

  toggleScreen(): void {
    this.#once('screen', async () => {
      const shared = [this.client.publication('screen'), this.client.publication('screenAudio')];
      if (shared.some((publication) => publication !== undefined)) {
        await Promise.all(shared.map((publication) => publication?.close()));
        return;
      }
      // To cancel the browser's question is no mistake.
      await this.client.publishScreen().catch((error: unknown) => {
        if (!(error instanceof ClientError && error.code === 'permission_denied')) throw error;
      });
    });
  }

  /** Takes another device into use, if that kind is in use. */
  async change(kind: InputKind): Promise<void> {
    const publication = this.client.publication(kind);
    if (!publication || publication.released) return;
    await publication.replaceTrack(await this.local.open(kind)).catch((error: unknown) => this.#tell(error));
  }

  show(): void {
    for (const kind of ['camera', 'microphone'] as const) {
      const publication = this.client.publication(kind);
      const on = publication !== undefined && !publication.paused;
      const button = this.#button(kind);
      button.setAttribute('aria-pressed', String(on));
      button.classList.toggle('held', publication?.held ?? false);
      setIcon(button, on ? kind : `${kind}-off`);
    }
    this.#button('screen').setAttribute(
      'aria-pressed',
      String(this.client.publication('screen') !== undefined),
    );
    this.onChanged();
  }

  async #toggle(kind: InputKind): Promise<void> {
    const publication = this.client.publication(kind);
    if (!publication) await this.#publish(kind, await this.local.open(kind));
    else if (publication.paused) await publication.resume();
    // A camera that is off is off: its light goes out. A microphone stays open, so that speaking is not late.
    else await publication.pause({ release: kind === 'camera' });
    this.local.setWanted(kind, this.client.publication(kind)?.paused === false);
  }

  async #publish(kind: InputKind, track: MediaStreamTrack): Promise<void> {
    const publishing = this.client.publish(track, kind, {
      stopTrack: true,
      reopen: () => this.local.open(kind),
    });
    await publishing.catch(() => {
      // What is refused ends as a publication, and is told there.
    });
  }

  #ended(publication: Publication, reason: string): void {
    this.show();
    if (this.client.state === 'ended') return;
    const what = names[publication.source];
    const shares = publication.source === 'screen' || publication.source === 'screenAudio';
    // The browser's own "stop sharing" looks like an unplugged device.
    const text = shares && reason === 'unplugged' ? undefined : explainPublicationEnd(what, reason);
    if (!text) return;
    const { source } = publication;
    const again = source === 'camera' || source === 'microphone' ? () => this.toggle(source) : undefined;
    notify(text, again && { label: 'Turn on again', run: again });
  }

  /** A second click while the first still works would undo what the user wants. */
  #once(what: string, run: () => Promise<void>): void {
    if (this.#busy.has(what)) return;
    this.#busy.add(what);
    run()
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#busy.delete(what);
        this.show();
      });
  }

  #tell(error: unknown): void {
    notify(sentence(error instanceof Error ? error.message : String(error)));
  }

  #button(id: InputKind | 'screen'): HTMLButtonElement {
    return byId(id, HTMLButtonElement);
  }
}
