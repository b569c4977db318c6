import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { script } from './broadcaster-script.ts';
import { makeCertificate } from './certificate.ts';
import { MeshNetworks } from './mesh-networks.ts';
import { NatsServer } from './nats-server.ts';
import { Program } from './program.ts';
import { apiKey, testKey, testSecret, tokenFor } from './server.ts';
import { SignalingClient } from './signaling-client.ts';
import { until } from './until.ts';

const [user, password] = ['node', 'of-the-test'];
const metricsToken = 'token-of-the-metrics-of-the-test';

/** A bus with TLS and nodes, each a process in a network of its own, with cables that can be cut. Only root can make it. */
export class CabledMesh implements AsyncDisposable {
  readonly #nodes = new Map<string, Program>();

  private constructor(
    readonly networks: MeshNetworks,
    private readonly ends: AsyncDisposableStack,
    private readonly toBus: Readonly<Record<string, string>>,
    private readonly key: string,
  ) {}

  /** Starts them and waits until each knows all others. */
  static async start(names: readonly string[]): Promise<CabledMesh> {
    const ends = new AsyncDisposableStack();
    try {
      const folder = await mkdtemp(join(tmpdir(), 'tureen-cables-'));
      ends.defer(() => rm(folder, { recursive: true, force: true }));
      const networks = ends.use(MeshNetworks.make(names));
      const { address, ...place } = networks.bus;
      const { cert, key } = await makeCertificate(folder, 'bus', { addresses: [address] });
      const credentials = join(folder, 'bus.creds');
      await Bun.write(credentials, `${user}:${password}`);
      const configuration = `tls { cert_file: "${cert}", key_file: "${key}" }
authorization { user: ${user}, password: ${password} }`;
      const bus = ends.use(await NatsServer.start({ place, configuration }));
      const toBus = {
        TUREEN_BUS_URL: `tls://${address}:${bus.port}`,
        TUREEN_BUS_CREDENTIALS: credentials,
        TUREEN_BUS_CA: cert,
      };
      const mesh = new CabledMesh(networks, ends, toBus, await apiKey());
      await Promise.all(names.map((name) => mesh.#add(name)));
      await Promise.all(names.map((name) => mesh.#knows(name, names.length - 1)));
      return mesh;
    } catch (error) {
      await ends.disposeAsync();
      throw error;
    }
  }

  node(name: string): Program {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`there is no node "${name}"`);
    return node;
  }

  /** Enters a room at a node and joins. @param token one for that peer unless given */
  async join(
    name: string,
    peerId: string,
    { roomId, token }: { readonly roomId: string; readonly token?: string },
  ): Promise<SignalingClient> {
    const client = await SignalingClient.connect({
      ...{ server: this.node(name), host: this.networks.front(name), roomId, peerId },
      token: token ?? (await tokenFor(roomId, peerId)),
    });
    const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    // Without it nothing is offered.
    await client.request('createWebRtcTransport', { consuming: true });
    await client.request('join', { displayName: peerId, rtpCapabilities });
    return client;
  }

  /** Calls a node as a program does that may do everything. */
  script(name: string): ReturnType<typeof script> {
    return script(this.node(name), this.networks.front(name), { authorization: `Bearer ${this.key}` });
  }

  /** What a metric of a node is, over all its labels. */
  async metric(name: string, metric: string): Promise<number> {
    const place = `http://${this.networks.front(name)}:${this.node(name).port}/metrics`;
    const page = await (await fetch(place, { headers: { authorization: `Bearer ${metricsToken}` } })).text();
    const lines = page
      .split('\n')
      .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
    if (lines.length === 0) throw new Error(`there is no metric "${metric}"`);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async #add(name: string): Promise<void> {
    const front = this.networks.front(name);
    const node = this.ends.use(
      new Program({
        command: [...this.networks.command(name), process.execPath, 'src/main.ts'],
        environment: {
          ...{ ...this.toBus, TUREEN_NODE: name, TUREEN_DRAIN_SECONDS: '0' },
          ...{ HOST: front, TUREEN_LISTEN_IP: front, TUREEN_CLUSTER_ADDRESS: this.networks.media(name) },
          ...{ TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret, TUREEN_METRICS_TOKEN: metricsToken },
          // All clients are on this machine, and receivers send nothing.
          ...{ TUREEN_ADDRESS_REQUESTS_PER_SECOND: '1000', TUREEN_BROADCASTER_SILENCE_SECONDS: '0' },
        },
      }),
    );
    this.#nodes.set(name, node);
    await node.prints('"message":"ready"');
  }

  async #knows(name: string, others: number): Promise<void> {
    const node = this.node(name);
    await until(() => node.logged('a node is in the mesh').length >= others, `node ${name} in the mesh`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ends.disposeAsync();
  }
}
