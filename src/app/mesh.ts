import type { types } from 'mediasoup';
import packageJson from '../../package.json' with { type: 'json' };
import type { Bus } from '../cluster/bus.ts';
import { Mesh } from '../cluster/mesh.ts';
import { readNatsAccess } from '../cluster/nats-access.ts';
import { NatsBus } from '../cluster/nats-bus.ts';
import type { Received, ReceivedByLife } from '../cluster/pipe-traffic.ts';
import type { About } from '../cluster/presence.ts';
import type { NodeInfo } from '../cluster/reads/view.ts';
import { inboxPrefix } from '../cluster/subjects.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { stressLevel } from '../core/stress.ts';
import { nodePlace, pipeAddress } from '../host/addresses.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { isStorageError } from '../store/storage-trouble.ts';
import type { Store } from '../store/store.ts';

/** The connections of a node: one for data channels, and one for everything else. */
export interface Buses {
  readonly bus: Bus;
  readonly dataBus: Bus;
}

export interface StartMeshOptions {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly store: Store;
  readonly log: Logger;
  readonly clock: Clock;
  /** Where pipes from other nodes arrive. */
  readonly listenInfo: types.TransportListenInfo;
  /** In place of NATS, for several servers in one process. */
  readonly connect?: (self: NodeRef) => Buses;
}

/**
 * Makes the server one of several, when it has a bus; to be called before it has rooms.
 * @returns undefined for a server that is alone
 * @throws Error when a file that the settings name cannot be read
 */
export async function startMesh(options: StartMeshOptions): Promise<Mesh | undefined> {
  const { config, sfu, log, clock, listenInfo } = options;
  const { node: name } = nodePlace(config);
  const self = { name, life: crypto.randomUUID() };
  const buses = options.connect?.(self) ?? (await connectToNats(self, options));
  if (!buses) return undefined;
  const mesh = new Mesh({
    ...{ self, ...buses, ...beginLife(options, self), domain: sfu.mesh, log, clock },
    about: () => aboutNode(config, sfu),
    received: () => receivedByLife(sfu),
    facts: options.store.facts,
    staleSeconds: config.staleSeconds,
  });
  sfu.mesh.connect({ self, link: mesh, listenInfo, known: (roomId) => mesh.known(roomId) });
  return mesh;
}

/** What this node says of itself. */
export function aboutNode(config: Config, sfu: Sfu): Omit<About, 'mesh' | 'follows'> {
  const { region = null } = nodePlace(config);
  const { drainDeadline } = sfu;
  return {
    ...{ region, url: config.publicUrl ?? null, release: packageJson.version },
    pipeAddress: pipeAddress(config),
    ...{ draining: drainDeadline !== null, drainDeadline, ...sfu.read.size() },
    stress: stressLevel(sfu.read.stress()),
  };
}

/** The nodes for a server that is alone. */
export function aloneNode(config: Config, sfu: Sfu): NodeInfo {
  const { release, pipeAddress: _, stress = null, ...about } = aboutNode(config, sfu);
  const { node: name } = nodePlace(config);
  return {
    name,
    life: null,
    self: true,
    version: release,
    ...about,
    stress,
    stale: false,
    age: 0,
    roundTrip: null,
  };
}

async function connectToNats(
  self: NodeRef,
  { config, log, clock }: StartMeshOptions,
): Promise<Buses | undefined> {
  const { busUrls: urls, busDomain: domain, busReplicas: replicas } = config;
  if (urls === undefined) return undefined;
  const access = await readNatsAccess(config);
  const [bus, dataBus] = ['', ' (data)'].map(
    (use) =>
      new NatsBus({
        ...access,
        urls,
        name: `tureen ${self.name}${use}`,
        inboxPrefix: inboxPrefix(self),
        domain,
        replicas,
        log,
        clock,
      }),
  );
  return bus && dataBus && { bus, dataBus };
}

/** A database that cannot be written keeps no node from its calls; then it is another installation this time. */
function beginLife({ store, log }: StartMeshOptions, { life }: NodeRef) {
  try {
    return store.installation.begin(life);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    log.warn('this start could not be stored: other nodes learn only by its silence when it ends', { error });
    return { installation: crypto.randomUUID(), formerLife: null };
  }
}

/** Over pipes in both directions: a node that only listens sends reports. */
async function receivedByLife({ mesh }: Sfu): Promise<ReceivedByLife> {
  const received = new Map<string, Received>();
  for (const { life, statistics, expectedWithin } of await mesh.traffic()) {
    const { bytes, expectedWithin: sooner } = received.get(life) ?? { bytes: 0, expectedWithin: undefined };
    const within = [sooner, expectedWithin].filter((milliseconds) => milliseconds !== undefined);
    received.set(life, {
      bytes: bytes + statistics.bytesReceived,
      expectedWithin: within.length > 0 ? Math.min(...within) : undefined,
    });
  }
  return received;
}
