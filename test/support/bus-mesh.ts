import type { Server } from '../../src/app/server.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import type { Environment } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { startServer } from './server.ts';
import { until } from './until.ts';

/** Whole servers in one process that are nodes of one mesh, over a bus in memory. */
export class BusMesh implements AsyncDisposable {
  readonly hub = new MemoryHub();
  readonly #servers = new Map<string, Server>();

  /** Starts them and waits until each takes part and knows all others. */
  static async of(names: readonly string[], environment: Environment = {}): Promise<BusMesh> {
    const mesh = new BusMesh();
    try {
      await Promise.all(names.map((name) => mesh.add(name, environment)));
      await until(() => names.every((name) => mesh.knows(name).length === names.length - 1), 'the mesh');
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
    return mesh;
  }

  /** Starts one more. @param clock of that node alone */
  async add(name: string, environment: Environment = {}, clock?: Clock): Promise<Server> {
    const connectBus = () => ({ bus: this.hub.connect(name), dataBus: this.hub.connect(name) });
    const server = await startServer(
      { ...environment, TUREEN_NODE: name },
      { connectBus, ...(clock && { clock }) },
    );
    this.#servers.set(name, server);
    return server;
  }

  server(name: string): Server {
    const server = this.#servers.get(name);
    if (!server) throw new Error(`there is no node "${name}"`);
    return server;
  }

  /** The names of the others that a node hears. */
  knows(name: string): string[] {
    return (this.server(name).mesh?.presence.living ?? []).map((node) => node.name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub.isolate();
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
  }
}
