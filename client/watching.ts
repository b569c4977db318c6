import { ClientError } from './errors.ts';
import type { ConsumerInfo, ProducerInfo } from './protocol.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { WatchedVideos } from './track-host.ts';
import { type VideoName, Views } from './views.ts';

/** What receives over one connection. */
interface VideoReceiver {
  readonly tracks: ReadonlySet<RemoteTrack>;
  /** Whether the application has closed what comes from that producer. */
  declines(producerId: string): boolean;
  /** Receives these videos, and no others. */
  watch(producerIds: string[]): Promise<void>;
}

export interface WatchingOptions {
  /** More videos are received only while they are in view; undefined: it is not for us to choose. */
  readonly limit: number | undefined;
  readonly peers: () => ReadonlyMap<string, RemotePeer>;
}

interface Video extends VideoName, Pick<ProducerInfo, 'producerId' | 'replaces'> {}

/** Changes are collected for so long, so that a page of the grid is turned with one message. */
const collectMs = 100;
/** A video that is out of view goes on for so long, unless others come into view: scrolling a little changes nothing. */
const lingerMs = 1000;
const retryMs = 1000;

/**
 * Which videos are received. As many as the limit: all, as the server offers them. More: those in view, which the server is
 * told in one message; those that the application has bound to no element stay as they are.
 */
export class Watching implements WatchedVideos {
  readonly views = new Views(() => this.changed());
  #receiver: VideoReceiver | undefined;
  #since = 0;
  /** What the server was told last; undefined as long as it chooses by itself. */
  #told: ReadonlySet<string> | undefined;
  /** What we take along in a move. */
  #moving: ReadonlySet<string> | undefined;
  #managed = false;
  #exceeds = false;
  #asking = false;
  #timer: { readonly id: ReturnType<typeof setTimeout>; readonly at: number } | undefined;

  constructor(private readonly options: WatchingOptions) {}

  leaves(video: VideoName): boolean {
    return this.#exceeds && this.views.has(video);
  }

  take(producerId: string): void {
    if (this.#told) this.#told = new Set([...this.#told, producerId]);
  }

  wants({ kind, producerId, replaces = producerId }: ConsumerInfo): boolean {
    return kind === 'audio' || !this.#told || this.#told.has(producerId) || this.#told.has(replaces);
  }

  /** We have joined, for the first time or again. The server chooses until it is told something. */
  entered(receiver: VideoReceiver): void {
    this.#begin(receiver, undefined);
  }

  /** What the server to which we move is told in the join: undefined while it is to choose. */
  takeAlong(): string[] | undefined {
    this.#moving = this.#told;
    return this.#moving && [...this.#moving];
  }

  moved(receiver: VideoReceiver): void {
    this.#begin(receiver, this.#moving);
  }

  /** The media is lost, or the call has ended. */
  left(): void {
    clearTimeout(this.#timer?.id);
    this.#timer = undefined;
    this.#receiver = undefined;
    this.#told = undefined;
  }

  /** Something was published or ended, or came into view or left it. */
  changed(): void {
    this.#soon(collectMs);
  }

  #begin(receiver: VideoReceiver, told: ReadonlySet<string> | undefined): void {
    this.#receiver = receiver;
    this.#since = performance.now();
    this.#told = told;
    this.#managed = told !== undefined;
    this.#asking = false;
    this.#soon(collectMs);
  }

  #soon(milliseconds: number): void {
    if (this.options.limit === undefined || !this.#receiver) return;
    const at = performance.now() + milliseconds;
    if (this.#timer && this.#timer.at <= at) return;
    clearTimeout(this.#timer?.id);
    const run = () => {
      this.#timer = undefined;
      this.#look();
    };
    this.#timer = { id: setTimeout(run, milliseconds), at };
  }

  #look(): void {
    const { limit = Number.POSITIVE_INFINITY } = this.options;
    const receiver = this.#receiver;
    // What changes meanwhile is looked at afterwards.
    if (!receiver || this.#asking) return;
    const videos = this.#videos();
    this.#exceeds = videos.length > limit;
    this.#managed ||= this.#exceeds;
    this.views.keep(videos);
    if (!this.#managed) return;
    const received = producersOf(receiver.tracks);
    const before = this.#told ?? received;
    const open = videos.filter(({ producerId }) => !receiver.declines(producerId));
    const chosen = new Set(this.#choose(open, received, before));
    if (same(chosen, before)) return;
    this.#told = chosen;
    this.#asking = true;
    void this.#tell(receiver, chosen);
  }

  /** @returns the producers of what is to be received now */
  #choose(videos: readonly Video[], received: ReadonlySet<string>, before: ReadonlySet<string>): string[] {
    const now = performance.now();
    const comes = ({ producerId, replaces = producerId }: Video) =>
      received.has(producerId) || received.has(replaces);
    const wanted = new Set(videos.filter((video) => this.#wanted(video, comes(video))));
    const adds = [...wanted].some(({ producerId }) => !before.has(producerId));
    const lingering = videos.flatMap((video) => {
      const leftAt = this.views.leftAt(video);
      // What came with the join may not be laid out yet.
      const until = (leftAt ?? this.#since) + lingerMs;
      const lingers = !wanted.has(video) && comes(video) && now < until && (leftAt === undefined || !adds);
      return lingers ? [{ video, until }] : [];
    });
    if (lingering.length > 0) this.#soon(Math.min(...lingering.map(({ until }) => until)) - now);
    const chosen = [...wanted, ...lingering.map(({ video }) => video)];
    return chosen.map(({ producerId }) => producerId);
  }

  #wanted(video: Video, comes: boolean): boolean {
    if (!this.#exceeds || !this.views.used) return true;
    return this.views.has(video) ? this.views.shows(video) : comes;
  }

  async #tell(receiver: VideoReceiver, chosen: ReadonlySet<string>): Promise<void> {
    let failure: unknown;
    await receiver.watch([...chosen]).catch((error: unknown) => {
      failure = error ?? 'unknown';
    });
    // Our media was lost or moved meanwhile, and with it all of this.
    if (receiver !== this.#receiver) return;
    this.#asking = false;
    if (failure === undefined) this.#drop(receiver, chosen);
    else if (this.#failed(failure)) return;
    this.#soon(failure === undefined ? 0 : retryMs);
  }

  /** Ends what the server does not send any more. */
  #drop(receiver: VideoReceiver, chosen: ReadonlySet<string>): void {
    const former = this.#videos().flatMap(({ producerId, replaces }) =>
      replaces !== undefined && chosen.has(producerId) ? [replaces] : [],
    );
    const kept = new Set([...chosen, ...former]);
    for (const track of receiver.tracks) {
      const comes = track.receptions.all.some(({ producerId }) => kept.has(producerId));
      if (track.kind === 'video' && !comes) track.end('out_of_view');
    }
  }

  /** @returns whether this server will never do it: an earlier version, or a token that may not receive */
  #failed(error: unknown): boolean {
    this.#told = undefined;
    const never = error instanceof ClientError && ['unknown_method', 'forbidden'].includes(error.code);
    if (never) {
      this.#exceeds = false;
      this.left();
    }
    return never;
  }

  #videos(): Video[] {
    const all = [...this.options.peers().values()].flatMap(({ id: peerId, publications }) =>
      [...publications.values()].map((publication) => ({ ...publication, peerId })),
    );
    return all
      .filter(({ kind }) => kind === 'video')
      .map(({ source, ...video }) => ({ ...video, source: source === 'screen' ? 'screen' : 'camera' }));
  }
}

function producersOf(tracks: ReadonlySet<RemoteTrack>): Set<string> {
  const videos = [...tracks].filter(({ kind }) => kind === 'video');
  return new Set(videos.flatMap(({ receptions }) => receptions.all.map(({ producerId }) => producerId)));
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}
