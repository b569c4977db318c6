import type { Clock } from '../core/clock.ts';
import type { PeerShare } from '../sfu/rooms/share.ts';
import type { LocalShare } from './local-share.ts';
import type { RequestResult } from './messages.ts';
import type { Snapshot } from './remote-share.ts';

type Page = NonNullable<RequestResult<'share.fetch'>>;

const pageBytes = 256 * 1024;
/** How long the rest of a snapshot is kept for the node that fetches it. */
const keptMs = 10_000;
const maxKept = 256;
const maxPages = 64;

/** Serves shares in pages. The rest of one is kept for a while, so that all pages are of one moment. */
export class SnapshotPages {
  /** By the id that asks for it. */
  readonly #kept = new Map<string, { page: Page; forget: () => void }>();

  constructor(private readonly clock: Clock) {}

  /** Cuts a share. @returns its first page */
  first({ statement, peers }: LocalShare): Page {
    const pages = cut(peers);
    let next: string | null = null;
    for (const page of pages.slice(1).toReversed()) next = this.#keep({ ...statement, peers: page, next });
    return { ...statement, peers: pages[0] ?? [], next };
  }

  /** A page that was promised; null when it is not kept any more. */
  take(id: string): Page | null {
    const kept = this.#kept.get(id);
    kept?.forget();
    return kept?.page ?? null;
  }

  close(): void {
    for (const { forget } of [...this.#kept.values()]) forget();
  }

  #keep(page: Page): string {
    const id = crypto.randomUUID();
    const cancel = this.clock.after(keptMs, () => this.#kept.delete(id));
    const forget = () => {
      cancel();
      this.#kept.delete(id);
    };
    this.#kept.set(id, { page, forget });
    const [oldest] = this.#kept.values();
    if (this.#kept.size > maxKept) oldest?.forget();
    return id;
  }
}

/**
 * Fetches a share page by page. @returns null when there is none @throws Error when a page is not kept any more, or
 * there is no end of them
 */
export async function fetchPages(
  ask: (page: string | null) => Promise<Page | null>,
): Promise<Snapshot | null> {
  const peers: PeerShare[] = [];
  let page = await ask(null);
  if (page === null) return null;
  for (let count = 1; page !== null && count <= maxPages; count += 1) {
    peers.push(...page.peers);
    const { number, hash, next } = page;
    if (next === null) return { number, hash, peers };
    page = await ask(next);
  }
  throw new Error('a share could not be fetched to its end');
}

function cut(peers: readonly PeerShare[]): PeerShare[][] {
  const pages: PeerShare[][] = [];
  let room = 0;
  for (const peer of peers) {
    const size = Buffer.byteLength(JSON.stringify(peer)) + 1;
    if (size > room) {
      pages.push([]);
      room = pageBytes;
    }
    pages.at(-1)?.push(peer);
    room -= size;
  }
  return pages;
}
