import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { EventBus } from '../../src/core/event-bus.ts';
import { until } from './until.ts';

type Timer = ReturnType<typeof setTimeout>;

/**
 * What a server could leave behind in this process, from the making of this object on: files of its store, ports, worker
 * processes, timers that keep the process alive, hooks on the process, and the buses of its events with all who listen.
 */
export class Leftovers implements Disposable {
  #before: ReadonlySet<string> = new Set(openThings());
  readonly #timers = new Map<Timer, string>();
  readonly #buses: WeakRef<object>[] = [];
  readonly #ends = new DisposableStack();

  constructor() {
    this.#watchTimers();
    this.#watchBuses();
  }

  /** What is there now is not the server's. */
  takeStock(): void {
    this.#before = new Set(openThings());
  }

  /** A line for each thing that is there now and was not there before, but for the buses. */
  get things(): string[] {
    const timers = [...this.#timers].filter(([timer]) => timer.hasRef()).map(([, made]) => `timer ${made}`);
    return [...openThings().filter((thing) => !this.#before.has(thing)), ...timers];
  }

  /** The files that are open, which nobody has to wait for: the collector would close those that were forgotten. */
  get files(): string[] {
    return this.things.filter((thing) => thing.startsWith('/'));
  }

  /** Waits until nothing is left. @throws Error that names what is left */
  async areGone(): Promise<void> {
    await until(() => this.things.length === 0, 'the end of everything', 10_000).catch(() => {
      throw new Error(`there is left: ${this.things.join(', ')}`);
    });
  }

  /** The buses that were made meanwhile: how many there were, and how many could not be collected. */
  async buses(): Promise<{ made: number; kept: number }> {
    const kept = () => this.#buses.filter((bus) => bus.deref() !== undefined).length;
    for (let round = 0; round < 20 && kept() > 0; round += 1) {
      await Bun.sleep(1);
      Bun.gc(true);
    }
    return { made: this.#buses.length, kept: kept() };
  }

  [Symbol.dispose](): void {
    this.#ends.dispose();
  }

  #watchTimers(): void {
    const timers = this.#timers;
    const { setTimeout: after, setInterval: every, clearTimeout: cancel, clearInterval: end } = globalThis;
    const keep = (timer: Timer) => {
      timers.set(timer, new Error().stack?.split('\n')[3]?.trim() ?? '');
      return timer;
    };
    this.#replace(globalThis, 'setTimeout', ((run: (...args: unknown[]) => void, ...rest: unknown[]) => {
      const fired = (...args: unknown[]) => {
        timers.delete(timer);
        run(...args);
      };
      const timer: Timer = after(fired, ...(rest as [number]));
      return keep(timer);
    }) as typeof setTimeout);
    this.#replace(globalThis, 'setInterval', ((...args: Parameters<typeof setInterval>) =>
      keep(every(...args))) as typeof setInterval);
    const forget = (clear: typeof clearTimeout) =>
      ((timer: Timer) => {
        timers.delete(timer);
        clear(timer);
      }) as typeof clearTimeout;
    this.#replace(globalThis, 'clearTimeout', forget(cancel));
    this.#replace(globalThis, 'clearInterval', forget(end));
  }

  #watchBuses(): void {
    const { on } = EventBus.prototype;
    const seen = new WeakSet<object>();
    const buses = this.#buses;
    this.#replace(EventBus.prototype, 'on', function (this: object, ...args: unknown[]) {
      if (!seen.has(this)) buses.push(new WeakRef(this));
      seen.add(this);
      return on.apply(this as never, args as never);
    } as typeof on);
  }

  /** As spyOn, which would keep every argument in memory. */
  #replace<T, K extends keyof T>(owner: T, name: K, replacement: T[K]): void {
    const original = owner[name];
    owner[name] = replacement;
    this.#ends.defer(() => {
      owner[name] = original;
    });
  }
}

/** Files of stores, listening ports, child processes and hooks of this process, one line each. */
function openThings(): string[] {
  const links = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The folder itself was open while it was read.
      return [];
    }
  });
  const hooks = process.eventNames().map((name) => `hook ${String(name)} ${process.listenerCount(name)}`);
  return [
    ...links.filter((link) => link.includes('/tureen.sqlite')),
    ...listeningPorts(new Set(links)),
    ...children(),
    ...hooks,
  ];
}

const listening = '0A';

function listeningPorts(links: ReadonlySet<string>): string[] {
  const lines = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'),
  );
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== listening || !links.has(`socket:[${inode}]`)) return [];
    return [`port ${Number.parseInt(local.split(':')[1] ?? '', 16)}`];
  });
}

function children(): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((pid) => {
    try {
      // pid (name) state ppid ...; the name may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === process.pid && state !== 'Z' ? [`process ${pid}`] : [];
    } catch {
      // It ended while the folder was read.
      return [];
    }
  });
}
