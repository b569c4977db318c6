import { ClientError } from './errors.ts';
import type { NotificationData } from './protocol.ts';

/** A server of the mesh, as far as it is known here. */
export interface ServerInfo {
  /** Its http or https address. */
  readonly url: string;
  /** Its name and region, where it was told. */
  readonly name?: string;
  readonly region?: string | null;
  /** Milliseconds there and back, once measured; null when it did not answer. */
  readonly roundTrip?: number | null;
  /** It is about to end. */
  readonly draining: boolean;
}

/** The server that is used, and why it and not another. */
export interface ServerChoice extends ServerInfo {
  readonly why: string;
}

type Nodes = NonNullable<NotificationData<'welcome'>['nodes']>;
type Known = { -readonly [Key in keyof ServerInfo]: ServerInfo[Key] } & { failedAt?: number };

/** A server that does not answer within so many milliseconds is not chosen. */
const measureTimeoutMs = 1500;
/** One that failed is not chosen again for so long, as long as there is another. */
const failedMs = 10_000;
/** Another server has to be nearer by so much, and by half, to be worth the change. */
const worthMs = 20;

/** The servers of a mesh that a client may use, the one that it uses, and why. */
export class Servers {
  readonly #known = new Map<string, Known>();
  #current: Known;
  #why = 'it is the only one that is known';
  #measured: Promise<void> | undefined;

  /** @param urls http, https, ws or wss; the first one is preferred unless another is clearly nearer */
  constructor(urls: readonly (string | URL)[]) {
    for (const url of urls) this.#add({ url: addressOf(url), draining: false });
    const [first] = this.#known.values();
    if (!first) throw new ClientError('invalid_params', 'a client needs the address of at least one server');
    this.#current = first;
  }

  /** Asks a server for the others of its mesh, and measures the way to each. It does not reject: without an answer there is only this one. */
  static async find(url: string | URL): Promise<Servers> {
    const servers = new Servers([url]);
    await servers.#ask(servers.#current);
    await servers.choose();
    return servers;
  }

  get current(): ServerChoice {
    return { ...infoOf(this.#current), why: this.#why };
  }

  get all(): readonly ServerInfo[] {
    return [...this.#known.values()].map(infoOf);
  }

  /** What the server in use says of its mesh. */
  learn(nodes: Nodes): void {
    for (const { self, name, url, region, draining } of nodes) {
      // It may be reached under another address than its own.
      if (self) Object.assign(this.#current, { name, region, draining });
      else this.#add({ url: addressOf(url), name, region, draining });
    }
  }

  /** Measures, once, and takes the nearest that answers and is not about to end. */
  async choose(): Promise<void> {
    if (this.#known.size < 2) return;
    this.#measured ??= this.#measure([...this.#known.values()]);
    await this.#measured;
    const preferred = usable(this.#current) ? this.#current : undefined;
    const nearest = nearestOf(this.#known.values());
    if (!nearest || nearest === preferred) return this.#use(this.#current, 'no other is nearer');
    if (preferred && !isWorth(nearest, preferred)) return this.#use(preferred, 'no other is clearly nearer');
    this.#use(
      nearest,
      preferred ? 'it is clearly nearer' : `${this.#current.url} ${troubleOf(this.#current)}`,
    );
  }

  /** The one in use failed. @returns whether there is another one to be tried at once */
  next(): boolean {
    const failed = this.#current;
    failed.failedAt = performance.now();
    const fresh = [...this.#known.values()].filter((server) => !hasFailed(server) && !server.draining);
    const other = nearestOf(fresh) ?? fresh[0];
    if (other) this.#use(other, `${failed.url} cannot be reached or takes nobody now`);
    return other !== undefined;
  }

  /**
   * Whether another server answers, which is used from now on: the network is there, and it is the one in use that is not.
   * @param leaving why that one is left
   */
  async elsewhere(leaving: string): Promise<boolean> {
    const left = this.#current;
    const other = await this.#nearestOther();
    if (!other || this.#current !== left) return false;
    this.#use(other, `${left.url} ${leaving}`);
    return true;
  }

  /** Another server on which to go on: that one, or the nearest that answers. @throws ClientError unreachable */
  async other(url: string | null): Promise<string> {
    const named = url === null ? undefined : addressOf(url);
    if (named !== undefined && named !== this.#current.url) return named;
    await this.refresh();
    const nearest = await this.#nearestOther();
    if (nearest) return nearest.url;
    throw new ClientError('unreachable', 'there is no other server that answers; this one goes on');
  }

  /** Uses that server from now on, or again. */
  take(url: string, why: string): void {
    this.#add({ url, draining: false });
    const server = this.#known.get(url);
    if (server) this.#use(server, why);
  }

  /** Asks again what the mesh is like, before one that ends is left. */
  async refresh(): Promise<void> {
    await this.#ask(this.#current);
  }

  #use(server: Known, why: string): void {
    this.#current = server;
    this.#why = why;
  }

  #add(server: Known): void {
    const known = this.#known.get(server.url);
    if (known) Object.assign(known, server);
    else this.#known.set(server.url, server);
  }

  async #ask({ url }: Known): Promise<void> {
    try {
      const answer = await fetch(`${url}/nodes`, {
        cache: 'no-store',
        signal: AbortSignal.timeout(measureTimeoutMs),
      });
      const { nodes } = (await answer.json()) as { nodes: Nodes };
      this.learn(nodes);
    } catch {
      // An older server, or none: then this one is all that is known.
    }
  }

  /** Measures all but the one in use. @returns the nearest of them that answers and is not about to end */
  async #nearestOther(): Promise<Known | undefined> {
    const others = [...this.#known.values()].filter((server) => server !== this.#current && !server.draining);
    await this.#measure(others);
    return nearestOf(others);
  }

  async #measure(servers: readonly Known[]): Promise<void> {
    await Promise.all(
      servers.map(async (server) => {
        server.roundTrip = await roundTripTo(server.url);
        if (server.roundTrip !== null) delete server.failedAt;
      }),
    );
  }
}

/** The second of two requests finds the connection open. */
async function roundTripTo(url: string): Promise<number | null> {
  const signal = AbortSignal.timeout(measureTimeoutMs);
  const time = async () => {
    const startedAt = performance.now();
    await fetch(`${url}/livez`, { mode: 'no-cors', cache: 'no-store', signal });
    return performance.now() - startedAt;
  };
  try {
    return Math.min(await time(), await time());
  } catch {
    return null;
  }
}

function nearestOf(servers: Iterable<Known>): Known | undefined {
  const measured = [...servers].filter(usable);
  return measured.sort((one, other) => (one.roundTrip ?? 0) - (other.roundTrip ?? 0))[0];
}

function usable(server: Known): boolean {
  return typeof server.roundTrip === 'number' && !server.draining && !hasFailed(server);
}

function hasFailed({ failedAt }: Known): boolean {
  return failedAt !== undefined && performance.now() - failedAt < failedMs;
}

function isWorth({ roundTrip: near }: Known, { roundTrip: far }: Known): boolean {
  return typeof near === 'number' && typeof far === 'number' && far - near >= worthMs && near <= far / 2;
}

function troubleOf({ draining }: Known): string {
  return draining ? 'is about to end' : 'does not answer';
}

function infoOf({ failedAt: _, ...info }: Known): ServerInfo {
  return info;
}

/** The http address of a server, without the end of its signaling address. */
function addressOf(url: string | URL): string {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^ws/, 'http');
  const path = address.pathname.replace(/\/(signaling)?$/, '');
  return `${address.protocol}//${address.host}${path}`;
}
