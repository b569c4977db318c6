import { systemClock } from '../core/clock.ts';
import { type Logger, silentLogger } from '../core/log.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { Bus } from './bus.ts';
import { JumpWatch } from './jump-watch.ts';
import { protocolVersion } from './messages.ts';
import { readNatsAccess } from './nats-access.ts';
import { NatsBus } from './nats-bus.ts';
import { inboxPrefix } from './subjects.ts';
import { Wire } from './wire.ts';

/** Another node, as it answered. */
export interface ProbedNode {
  readonly name: string;
  /** Of its protocol, when it is not that of this one. */
  readonly foreignVersion: number | null;
  /** Where it takes media of other nodes. */
  readonly pipeAddress: string;
  /** Milliseconds to it and back over the bus; undefined when it did not answer. */
  readonly roundTrip: number | undefined;
  /** Milliseconds by which its clock is ahead of this one, more or less by half a round trip. */
  readonly clockOffset: number | undefined;
}

/** What a look at the bus found. */
export type BusProbe =
  | { readonly failure: string }
  | {
      readonly failure: undefined;
      /** To the bus and back, in milliseconds. */
      readonly roundTrip: number;
      readonly jetStream: boolean;
      /** Why what has to outlive nodes cannot be kept; null when it can. */
      readonly bucketFailure: string | null;
      readonly nodes: readonly ProbedNode[];
    };

export interface ProbeOptions {
  readonly busUrls: readonly string[];
  readonly busCredentials?: string;
  readonly busCa?: string;
  /** Where JetStream keeps what has to outlive nodes. */
  readonly busDomain?: string;
  readonly busReplicas?: number;
  /** Of this node, whose credentials are used. */
  readonly node: string;
}

/** What a node says in its heartbeats. */
interface Heard extends NodeRef {
  readonly version: number;
  readonly pipeAddress: string;
}

const connectTimeoutMs = 5000;
const answerTimeoutMs = 2000;
/** Each node says every second that it lives. */
const listenMs = 2500;

/** Looks at the bus as the node would, without becoming one of the nodes. It never rejects. */
export async function probeBus({
  busUrls: urls,
  busDomain: domain,
  busReplicas: replicas,
  node,
  ...files
}: ProbeOptions): Promise<BusProbe> {
  const self = { name: node, life: crypto.randomUUID() };
  try {
    const access = await readNatsAccess(files);
    const failed = Promise.withResolvers<never>();
    const log: Logger = { ...silentLogger, warn: (_message, fields) => failed.reject(fields?.error) };
    const name = `tureen doctor ${node}`;
    const bus = new NatsBus({
      ...{ ...access, urls, domain, replicas, name, log },
      inboxPrefix: inboxPrefix(self),
    });
    try {
      await Promise.race([connected(bus), failed.promise]);
      return { failure: undefined, ...(await look(bus, self)) };
    } finally {
      await bus.close();
    }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

async function connected(bus: Bus): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = systemClock.after(connectTimeoutMs, () =>
    reject(new Error(`no answer within ${connectTimeoutMs / 1000} seconds`)),
  );
  const stop = bus.onStatus((status) => status === 'connected' && resolve());
  await promise.finally(() => {
    cancel();
    stop();
  });
}

/** A key that nobody has: what counts is that there is an answer. */
async function failureOf({ bucket }: Bus): Promise<string | null> {
  return await bucket.get('doctor').then(
    () => null,
    (error: Error) => error.message,
  );
}

async function look(bus: Bus, self: NodeRef) {
  const jumps = new JumpWatch(systemClock, () => {});
  const wire = new Wire({ bus, self, jumps, log: silentLogger, clock: systemClock });
  const beats = new Map<string, Heard>();
  const stops = [
    wire.hear('beat', ({ life, name }, { version, pipeAddress }) => {
      // A node that runs here is not another one.
      if (name !== self.name) beats.set(life, { life, name, version, pipeAddress });
    }),
    wire.hear('bye', ({ life }) => void beats.delete(life)),
  ];
  try {
    const [roundTrip] = await timed(() => bus.flush());
    const [jetStream, bucketFailure] = await Promise.all([
      bus.echo(answerTimeoutMs),
      failureOf(bus),
      new Promise<void>((resolve) => void systemClock.after(listenMs, resolve)),
    ]);
    const nodes = await Promise.all([...beats.values()].map((heard) => ask(wire, heard)));
    return { roundTrip, jetStream, bucketFailure, nodes };
  } finally {
    for (const stop of stops) stop();
    jumps.close();
    wire.close();
  }
}

async function ask(wire: Wire, { life, name, version, pipeAddress }: Heard): Promise<ProbedNode> {
  const foreignVersion = version === protocolVersion ? null : version;
  const silent = { name, foreignVersion, pipeAddress, roundTrip: undefined, clockOffset: undefined };
  if (foreignVersion !== null) return silent;
  const askedAt = systemClock.now();
  const [roundTrip, answer] = await timed(() =>
    wire.ask(life, 'ping', {}, answerTimeoutMs).catch(() => undefined),
  );
  return answer ? { ...silent, roundTrip, clockOffset: answer.now - (askedAt + roundTrip / 2) } : silent;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [milliseconds: number, result: T]> {
  const startedAt = systemClock.elapsed();
  const result = await work();
  return [systemClock.elapsed() - startedAt, result];
}
