import type { Config } from '../src/config/config.ts';
import type { Clock } from '../src/core/clock.ts';
import { SfuError, toSfuError } from '../src/core/errors.ts';
import type { Store } from '../src/store/store.ts';
import type { Visitor } from './http/people.ts';

/** Opens a view of a room for the dashboard. The app gives it, for the dashboard itself knows nothing of media. */
export type OpenView = (view: {
  readonly roomId: string;
  readonly peerId?: string;
  readonly screen: boolean;
  readonly offer: string;
  readonly displayName: string;
  readonly hidden: boolean;
}) => Promise<View>;

interface View {
  readonly counterOffer: string;
  readonly watchedPeerId: string;
  answer(text: string): Promise<void>;
  end(detail: string): void;
  onEnd(task: () => void): void;
}

export interface WatchingsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: Pick<Config, 'adminWatch'>;
  readonly openView: OpenView;
  /** Whether the session still exists and its user may still watch. */
  readonly isAllowed: (visitor: Visitor) => boolean;
}

export interface WatchRequest {
  readonly visitor: Visitor;
  readonly address: string;
  readonly roomId: string;
  readonly peerId?: string;
  readonly screen: boolean;
  readonly offer: string;
}

interface Watching {
  readonly id: string;
  readonly view: View;
}

/** How often it is checked that whoever watches still may. */
const checkEveryMs = 2000;
/** Watchings at the same time, of all users together. */
const maxWatchings = 64;

/**
 * Who watches which room in the dashboard: one at a time for each session. A watching is in the audit log from before it
 * begins, and ends with the session, the role or the setting that allowed it.
 */
export class Watchings {
  readonly #bySession = new Map<number, Watching>();
  #opening = 0;
  #closed = false;

  constructor(private readonly options: WatchingsOptions) {}

  /** @throws SfuError forbidden, limit_reached, not_live, and what entering a room throws */
  async open(request: WatchRequest): Promise<{ id: string; counterOffer: string; watchedPeerId: string }> {
    const { visitor, roomId, peerId, screen, offer } = request;
    const { config, openView } = this.options;
    const mode = config.adminWatch;
    this.#require(visitor);
    if (this.#bySession.size + this.#opening >= maxWatchings)
      throw new SfuError('limit_reached', `${maxWatchings} people watch already; end one of them first`);
    this.#bySession.get(visitor.session.id)?.view.end('the moderator watches somebody else');
    const entry = this.#begin(request, mode);
    this.#opening += 1;
    try {
      // The entry is on the disk before anything is seen.
      await this.options.store.synced();
      const displayName = `${visitor.user.name} (moderator, watching)`;
      const hidden = mode === 'hidden';
      const view = await openView({ roomId, peerId, screen, offer, displayName, hidden });
      view.onEnd(() => entry.end());
      // While it was being opened the session may have ended, or opened another one.
      if (!this.#mayWatch(visitor) || config.adminWatch !== mode) {
        view.end('the right to watch has ended');
        throw new SfuError('forbidden', 'your session or your right to watch has just ended; log in again');
      }
      this.#bySession.get(visitor.session.id)?.view.end('the moderator watches somebody else');
      const { counterOffer, watchedPeerId } = view;
      return { id: this.#keep(visitor, view, mode), counterOffer, watchedPeerId };
    } catch (error) {
      entry.fail(error);
      throw error;
    } finally {
      this.#opening -= 1;
    }
  }

  /** Takes the browser's answer. @throws SfuError not_found, and what the SDP is refused with */
  async answer({ session }: Visitor, id: string, text: string): Promise<void> {
    await this.#find(session.id, id).view.answer(text);
  }

  /** Ends a watching of the session, if it has not ended already: the browser closes its connection too. */
  end({ session }: Visitor, id: string): void {
    const watching = this.#bySession.get(session.id);
    if (watching?.id === id) watching.view.end('the moderator has stopped watching');
  }

  close(): void {
    this.#closed = true;
    for (const { view } of this.#bySession.values()) view.end('the dashboard is closed');
  }

  #mayWatch(visitor: Visitor): boolean {
    return !this.#closed && this.options.config.adminWatch !== 'off' && this.options.isAllowed(visitor);
  }

  #require(visitor: Visitor): void {
    if (this.options.config.adminWatch === 'off')
      throw new SfuError('forbidden', 'watching is switched off here (TUREEN_ADMIN_WATCH)');
    if (!this.#mayWatch(visitor)) throw new SfuError('forbidden', 'watching needs the role moderator');
  }

  #find(sessionId: number, id: string): Watching {
    const watching = this.#bySession.get(sessionId);
    if (watching?.id === id) return watching;
    throw new SfuError('not_found', 'this has ended; watch again');
  }

  #keep(visitor: Visitor, view: View, mode: Config['adminWatch']): string {
    const sessionId = visitor.session.id;
    const watching = { id: crypto.randomUUID(), view };
    this.#bySession.set(sessionId, watching);
    let stopChecking = () => {};
    const check = () => {
      if (this.#mayWatch(visitor) && this.options.config.adminWatch === mode)
        stopChecking = this.options.clock.after(checkEveryMs, check);
      else view.end('the right to watch has ended');
    };
    stopChecking = this.options.clock.after(checkEveryMs, check);
    view.onEnd(() => {
      stopChecking();
      if (this.#bySession.get(sessionId) === watching) this.#bySession.delete(sessionId);
    });
    return watching.id;
  }

  /** Writes the entry in the audit log. It gets its result once: when the watching ends, or does not come about. */
  #begin({ visitor, address, roomId, peerId, screen }: WatchRequest, mode: Config['adminWatch']) {
    const { store, clock } = this.options;
    const id = store.audit.begin({
      by: { kind: 'admin', id: visitor.user.name },
      address,
      action: peerId === undefined ? 'room.watch' : 'peer.watch',
      roomId,
      peerId,
      details: { mode, ...(screen && { source: 'screen' }) },
    });
    const startedAt = clock.elapsed();
    return {
      end: () => {
        const seconds = Math.round((clock.elapsed() - startedAt) / 1000);
        store.audit.finish(id, `done: watched for ${seconds} s`);
      },
      fail: (error: unknown) => store.audit.finish(id, `failed: ${toSfuError(error).reason}`),
    };
  }
}
