import type { Actor } from '../../core/actors.ts';
import { decidedPublish, type Grants, type Identity, type PublishDecision } from '../../core/grants.ts';
import type { MediaKind, Source } from '../../core/sources.ts';

/** A track as far as a mute is concerned. */
interface Track {
  readonly kind: MediaKind;
  readonly source: Source;
}

/**
 * What moderators decided about the subjects of a room: who is muted, and what each may publish. It holds for every
 * connection that a subject has or makes, as long as the room lives, for the moderated side can replace its peers and
 * producers, and not its subject.
 */
export class Restrictions {
  readonly #publish = new Map<string, PublishDecision>();
  readonly #muted = new Map<string, Map<Source, Actor>>();

  /** What somebody may publish: what was decided of its subject, or what its own token grants. */
  publishOf({ subject, grants }: Pick<Identity, 'subject' | 'grants'>): Grants['publish'] {
    return decidedPublish(this.#publish.get(subject) ?? { ofGranted: true }, grants.publish);
  }

  setPublish(subject: string, publish: PublishDecision): void {
    this.#publish.set(subject, publish);
  }

  mute(subject: string, source: Source, by: Actor): void {
    const muted = this.#muted.get(subject) ?? new Map<Source, Actor>();
    this.#muted.set(subject, muted.set(source, by));
  }

  allow(subject: string, source: Source): void {
    this.#muted.get(subject)?.delete(source);
  }

  /** The sources of a subject that are muted. */
  mutedSources(subject: string): Source[] {
    return [...(this.#muted.get(subject)?.keys() ?? [])];
  }

  /** Who muted such a track. Sound that is called the screen's is muted with the microphone. */
  mutedBy(subject: string, { kind, source }: Track): Actor | undefined {
    const muted = this.#muted.get(subject);
    return muted?.get(source) ?? (kind === 'audio' ? muted?.get('audio') : undefined);
  }
}
