import { NatsServer, type NatsServerOptions } from './nats-server.ts';
import { Program } from './program.ts';
import { SignalingClient } from './signaling-client.ts';
import { until } from './until.ts';

export interface MeshNodesOptions {
  /** One node each. */
  readonly names: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How the bus is. */
  readonly bus?: NatsServerOptions;
}

/** A real bus and nodes that are processes of their own, as an operator runs them, on loopback. */
export class MeshNodes implements AsyncDisposable {
  readonly #nodes = new Map<string, Program>();
  readonly #ends = new AsyncDisposableStack();

  private constructor(
    readonly bus: NatsServer,
    private readonly environment: MeshNodesOptions['environment'],
  ) {}

  /** Starts them and waits until each knows all others. */
  static async start({ names, environment, bus }: MeshNodesOptions): Promise<MeshNodes> {
    const mesh = new MeshNodes(await NatsServer.start(bus), environment);
    mesh.#ends.use(mesh.bus);
    try {
      await Promise.all(names.map((name) => mesh.add(name)));
      await Promise.all(names.map((name) => mesh.knows(name, names.length - 1)));
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
    return mesh;
  }

  /** Starts one more, in place of one of its name. */
  async add(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Program> {
    const node = new Program({
      environment: {
        ...this.environment,
        ...{ TUREEN_NODE: name, TUREEN_BUS_URL: this.bus.url, TUREEN_DRAIN_SECONDS: '0' },
        ...environment,
      },
    });
    this.#ends.use(node);
    this.#nodes.set(name, node);
    await node.prints('"message":"ready"');
    return node;
  }

  /** A server that is a leaf node of the bus. It ends with the mesh. */
  async leaf(options: Omit<NatsServerOptions, 'hub'> = {}): Promise<NatsServer> {
    return this.#ends.use(await NatsServer.start({ jetStream: false, ...options, hub: this.bus }));
  }

  node(name: string): Program {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`there is no node "${name}"`);
    return node;
  }

  /** Waits until a node has heard so many others for the first time. */
  async knows(name: string, others: number): Promise<void> {
    const node = this.node(name);
    await until(() => node.logged('a node is in the mesh').length >= others, `node ${name} in the mesh`);
  }

  /** Waits until a node says that it hears nothing of so many others. */
  async hearsNothingOf(name: string, others: number): Promise<void> {
    const node = this.node(name);
    const said = () => node.logged('nothing is heard of a node').length;
    await until(() => said() >= others, `a node ${name} that hears nothing`);
  }

  /** Enters a room at a node and joins. */
  async join(name: string, peerId: string, roomId = 'room'): Promise<SignalingClient> {
    const client = await SignalingClient.connect({ server: this.node(name), roomId, peerId });
    const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    await client.request('join', { displayName: peerId, rtpCapabilities });
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }
}
