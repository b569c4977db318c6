import { inside, plug, run } from './network.ts';

/** What the nodes of a mesh are joined by: the way to the bus, and that of the media between them. */
export type Cable = 'bus' | 'media';
const cables: readonly Cable[] = ['bus', 'media'];

const busPlace = 'nats';

/**
 * Each node of a mesh, and its bus, in a network of its own. A cable leads from each to a switch for what goes to the
 * bus, another one to a switch for media between nodes, and a third one to this machine, where the clients are. A cable
 * that is cut swallows all that is sent, as a broken network does, and nobody is told.
 */
export class MeshNetworks implements AsyncDisposable {
  /** Has no address: what is cut off from it reaches nobody. */
  readonly #switch = this.#network('switch');
  /** The networks of this machine in 10.0.0.0/8 differ between processes that run at once. */
  readonly #prefix = `10.${200 + (process.pid % 50)}`;
  readonly #places: readonly string[];

  private constructor(names: readonly string[]) {
    this.#places = [busPlace, ...names];
  }

  /** @param names of the nodes */
  static make(names: readonly string[]): MeshNetworks {
    const networks = new MeshNetworks(names);
    networks.#connect();
    return networks;
  }

  /** Where the bus is for nodes, and for this process. */
  get bus() {
    return {
      command: this.command(busPlace),
      address: this.#addressOn('bus', busPlace),
      reachedAt: this.front(busPlace),
    };
  }

  /** Where a node is for clients. */
  front(name: string): string {
    return `${this.#prefix}.${this.#index(name)}.2`;
  }

  /** Where this machine is for a node. */
  clients(name: string): string {
    return `${this.#prefix}.${this.#index(name)}.1`;
  }

  /** Where a node is for the media of others. */
  media(name: string): string {
    return this.#addressOn('media', name);
  }

  /** What comes before a command that is to run where a node is. */
  command(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#network(name)];
  }

  cut(name: string, ...which: readonly Cable[]): void {
    for (const cable of which) this.#inSwitch('link', 'set', this.#port(cable, name), 'nomaster');
  }

  mend(name: string, ...which: readonly Cable[]): void {
    for (const cable of which) this.#inSwitch('link', 'set', this.#port(cable, name), 'master', cable);
  }

  #connect(): void {
    run('ip', 'netns', 'add', this.#switch);
    for (const cable of cables) {
      this.#inSwitch('link', 'add', cable, 'type', 'bridge');
      this.#inSwitch('link', 'set', cable, 'up');
    }
    for (const name of this.#places) {
      const network = this.#network(name);
      run('ip', 'netns', 'add', network);
      inside(network, 'ip', 'link', 'set', 'lo', 'up');
      for (const cable of cables) {
        const port = this.#port(cable, name);
        const there = ['type', 'veth', 'peer', 'name', cable, 'netns', network];
        run('ip', 'link', 'add', port, 'netns', this.#switch, ...there);
        this.#inSwitch('link', 'set', port, 'master', cable, 'up');
        plug(network, cable, this.#addressOn(cable, name));
      }
      const front = this.#front(name);
      run('ip', 'link', 'add', front, 'type', 'veth', 'peer', 'name', 'front', 'netns', network);
      run('ip', 'addr', 'add', `${this.clients(name)}/24`, 'dev', front);
      run('ip', 'link', 'set', front, 'up');
      plug(network, 'front', this.front(name));
    }
  }

  #inSwitch(...command: string[]): void {
    inside(this.#switch, 'ip', ...command);
  }

  #network(name: string): string {
    return `tureen-${process.pid}-${name}`;
  }

  /** The name of a cable at the switch. */
  #port(cable: Cable, name: string): string {
    return `${cable}${this.#index(name)}`;
  }

  /** The name of a cable to clients on this machine, which has at most 15 characters. */
  #front(name: string): string {
    return `tu${process.pid}f${this.#index(name)}`;
  }

  #addressOn(cable: Cable, name: string): string {
    return `192.168.${90 + cables.indexOf(cable)}.${1 + this.#index(name)}`;
  }

  #index(name: string): number {
    const index = this.#places.indexOf(name);
    if (index < 0) throw new Error(`there is no network for "${name}"`);
    return index;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#places) {
      Bun.spawnSync(['ip', 'link', 'del', this.#front(name)]);
      Bun.spawnSync(['ip', 'netns', 'del', this.#network(name)]);
    }
    Bun.spawnSync(['ip', 'netns', 'del', this.#switch]);
  }
}
