import { messageOf } from '../errors.ts';
import { ClientError, type Permissions, type Publication, type TureenClient } from '../index.ts';
import { byId, setIcon } from './dom.ts';
import type { InputKind, LocalMedia } from './local-media.ts';
import { notify } from './notices.ts';
import { explainPublicationEnd, sentence, sourceNames } from './texts.ts';

/** Ends after which turning it on again would be refused. */
const refusals = new Set(['forbidden', 'limit_reached']);

/** Whether we may send that: a track, or with `data` chat messages. */
export function mayPublish({ publish }: Permissions, source: 'audio' | 'video' | 'screen' | 'data'): boolean {
  return typeof publish === 'boolean' ? publish : publish.includes(source);
}

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
    screen.addEventListener('click', () => this.toggleScreen(), { signal });
    client.on('publicationChanged', () => this.show());
    client.on('publicationEnded', ({ publication, reason }) => this.#ended(publication, reason));
    client.on('permissions', () => this.show());
  }

  /** Publishes the devices that were open in the preview; they are sent as soon as the call has started. */
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
      // Cancelling the browser's dialog is not an error.
      await this.client.publishScreen().catch((error: unknown) => {
        if (!(error instanceof ClientError && error.code === 'permission_denied')) throw error;
      });
    });
  }

  /** Switches to another device, if that kind is in use. */
  async change(kind: InputKind): Promise<void> {
    const publication = this.client.publication(kind);
    if (!publication || publication.released) return;
    await publication
      .replaceTrack(await this.local.open(kind))
      .catch((error: unknown) => this.#report(error));
  }

  show(): void {
    for (const kind of ['camera', 'microphone'] as const) {
      const publication = this.client.publication(kind);
      const on = publication !== undefined && !publication.paused;
      const button = this.#button(kind);
      button.setAttribute('aria-pressed', String(on));
      const held = publication?.held ?? false;
      button.classList.toggle('held', held);
      const label = kind === 'camera' ? 'Camera' : 'Microphone';
      button.setAttribute('aria-label', held ? `${label}, muted by a moderator` : label);
      button.hidden = !mayPublish(this.client.permissions, kind === 'camera' ? 'video' : 'audio');
      setIcon(button, on ? kind : `${kind}-off`);
    }
    // Phones share no screens.
    const shares = !!navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices;
    this.#button('screen').hidden = !shares || !mayPublish(this.client.permissions, 'screen');
    this.#button('screen').setAttribute(
      'aria-pressed',
      String(this.client.publication('screen') !== undefined),
    );
    this.onChanged();
  }

  async #toggle(kind: InputKind): Promise<void> {
    if (!mayPublish(this.client.permissions, kind === 'camera' ? 'video' : 'audio')) return;
    const publication = this.client.publication(kind);
    if (!publication) await this.#publish(kind, await this.local.open(kind));
    else if (publication.paused) await publication.resume();
    // A muted camera is closed, so that its light goes out. A muted microphone stays open, so that unmuting is instant.
    else await publication.pause({ release: kind === 'camera' });
    this.local.setWanted(kind, this.client.publication(kind)?.paused === false);
  }

  async #publish(kind: InputKind, track: MediaStreamTrack): Promise<void> {
    const publishing = this.client.publish(track, kind, {
      stopTrack: true,
      reopen: () => this.local.open(kind),
    });
    await publishing.catch(() => {
      // A refused publication ends, and is reported there.
    });
  }

  #ended(publication: Publication, reason: string): void {
    this.show();
    if (this.client.state === 'ended') return;
    const what = sourceNames[publication.source];
    // What a moderator stopped is told once, for all that was sent.
    const text = reason === 'not_allowed' ? undefined : explainPublicationEnd(what, reason);
    if (!text) return;
    const { source } = publication;
    const useful = !refusals.has(reason) && (source === 'camera' || source === 'microphone');
    const again = useful ? () => this.toggle(source) : undefined;
    notify(text, again && { label: 'Turn on again', run: again });
  }

  /** Ignores a second click while the first is in progress, which would undo it. */
  #once(what: string, run: () => Promise<void>): void {
    if (this.#busy.has(what)) return;
    this.#busy.add(what);
    run()
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#busy.delete(what);
        this.show();
      });
  }

  #report(error: unknown): void {
    notify(sentence(messageOf(error)));
  }

  #button(id: InputKind | 'screen'): HTMLButtonElement {
    return byId(id, HTMLButtonElement);
  }
}
