import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node';
import type { Clock } from '../core/clock.ts';
import { type Bucket, BucketAway, BucketFull, bucketTimeoutMs, type Kept, type Watching } from './bucket.ts';

export interface NatsBucketOptions {
  readonly name: string;
  /** How long a value stays; for ever unless set. */
  readonly maxAgeMs?: number;
  /** The domain of JetStream behind a leaf node; that of the server unless set. */
  readonly domain?: string;
  /** On how many servers each value is. */
  readonly replicas: number;
}

type Modules = readonly [typeof import('@nats-io/jetstream'), typeof import('@nats-io/kv')];

/** JetStream's answer to a write after somebody else's. */
const wrongLastSequence = 10_071;
/** Codes of its own answers begin here; those below are of a bus that has nobody to answer. */
const firstCode = 10_000;

/** A bucket in JetStream, made by the first node that needs it. It is loaded with the first use. */
export class NatsBucket implements Bucket {
  #modules: Promise<Modules> | undefined;
  #opened: { readonly connection: NatsConnection; readonly kv: Promise<KV> } | undefined;

  /** @param connection the one of now; undefined while there is none */
  constructor(
    private readonly connection: () => NatsConnection | undefined,
    private readonly clock: Clock,
    private readonly options: NatsBucketOptions,
  ) {}

  async get(key: string): Promise<Kept | undefined> {
    const entry = await this.#use(async (kv) => await kv.get(key));
    // A removal leaves a mark.
    if (entry?.operation !== 'PUT') return undefined;
    return { key, value: entry.value, revision: entry.revision };
  }

  async put(key: string, value: Uint8Array, revision: number): Promise<boolean> {
    return await this.#use(async (kv) => {
      try {
        if (revision === 0) await kv.create(key, value);
        else await kv.update(key, value, revision, bucketTimeoutMs);
        return true;
      } catch (error) {
        const code = codeOf(error);
        if (code === wrongLastSequence) return false;
        // Among several codes for no room, in the bucket or on the server, none says anything else to do.
        if (code >= firstCode) throw new BucketFull((error as Error).message, { cause: error });
        throw error;
      }
    });
  }

  async remove(key: string, revision: number): Promise<void> {
    await this.#use(async (kv) => {
      try {
        await kv.purge(key, { previousSeq: revision });
      } catch (error) {
        if (codeOf(error) !== wrongLastSequence) throw error;
      }
    });
  }

  async watch(watching: Watching): Promise<() => void> {
    const entries = await this.#use(
      async (kv) => await kv.watch(),
      (late) => late.stop(),
    );
    let isStopped = false;
    void this.#follow(entries, watching, () => isStopped).finally(() => {
      if (!isStopped) watching.failed();
    });
    return () => {
      isStopped = true;
      entries.stop();
    };
  }

  async #follow(
    entries: QueuedIterator<KvWatchEntry>,
    watching: Watching,
    isStopped: () => boolean,
  ): Promise<void> {
    let isCurrent = false;
    for await (const { key, value, revision, operation, isUpdate } of entries) {
      if (isStopped()) return;
      if (operation === 'PUT') watching.kept({ key, value, revision });
      // Set from the last one on that was there at the beginning.
      if (isUpdate && !isCurrent) watching.current();
      isCurrent ||= isUpdate;
    }
  }

  /** @param late gets what came after the time was up. @throws BucketAway */
  async #use<T>(use: (kv: KV) => Promise<T>, late: (result: T) => void = () => {}): Promise<T> {
    // From the disk, which is nothing to be short of time for.
    this.#modules ??= Promise.all([import('@nats-io/jetstream'), import('@nats-io/kv')]);
    const modules = await this.#modules;
    const timeUp = Promise.withResolvers<never>();
    const cancel = this.clock.after(bucketTimeoutMs, () =>
      timeUp.reject(new BucketAway('no answer in time')),
    );
    let isOver = false;
    const result = this.#open(modules).then(use);
    result.then(
      (value) => isOver && late(value),
      () => {},
    );
    try {
      return await Promise.race([result, timeUp.promise]);
    } catch (error) {
      isOver = true;
      if (error instanceof BucketAway) throw error;
      throw new BucketAway((error as Error).message, { cause: error });
    } finally {
      cancel();
    }
  }

  #open(modules: Modules): Promise<KV> {
    const connection = this.connection();
    if (!connection) return Promise.reject(new BucketAway('the bus is away'));
    if (this.#opened?.connection !== connection) {
      const kv = this.#make(connection, modules);
      this.#opened = { connection, kv };
      // A failure is tried again with the next use.
      kv.catch(() => {
        if (this.#opened?.kv === kv) this.#opened = undefined;
      });
    }
    return this.#opened.kv;
  }

  async #make(connection: NatsConnection, [{ jetstream }, { Kvm }]: Modules): Promise<KV> {
    const { name, domain, replicas, maxAgeMs } = this.options;
    const client = jetstream(connection, {
      timeout: bucketTimeoutMs,
      ...(domain !== undefined && { domain }),
    });
    return await new Kvm(client).create(name, {
      history: 1,
      replicas,
      ...(maxAgeMs !== undefined && { ttl: maxAgeMs }),
    });
  }
}

function codeOf(error: unknown): number {
  return Number((error as { code?: unknown }).code ?? 0);
}
