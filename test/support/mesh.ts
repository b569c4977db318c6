import type { Server } from '../../src/app/server.ts';
import type { Environment } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { SfuError } from '../../src/core/errors.ts';
import type {
  NodeLink,
  NodeRequestName,
  NodeRequests,
  RoomTelling,
  RoomTellingName,
  RoomTellings,
} from '../../src/sfu/media/node-link.ts';
import type { NodeRef, ShareChange } from '../../src/sfu/rooms/share.ts';
import { startServer } from './server.ts';

interface Member {
  readonly self: NodeRef;
  readonly server: Server;
  readonly link: TestLink;
}

export interface TestMeshOptions {
  environment?: Environment;
  clock?: Clock;
  /** Of pipes; any free port unless given. */
  portRange?: { min: number; max: number };
}

/**
 * Nodes in one process that are joined without a bus. What they say goes through JSON, each sender's messages in their
 * order and none at once, as over a bus.
 */
export class TestMesh implements AsyncDisposable {
  readonly members = new Map<string, Member>();
  /** Names of those that hear nothing and are not heard. */
  readonly away = new Set<string>();

  private constructor(private readonly portRange: TestMeshOptions['portRange']) {}

  /** @param names of nodes, whose lives are the same: the first of them in the alphabet elects active speakers */
  static async of(
    names: readonly string[],
    { environment = {}, clock, portRange }: TestMeshOptions = {},
  ): Promise<TestMesh> {
    const mesh = new TestMesh(portRange);
    const servers = await Promise.all(names.map(() => startServer(environment, clock ? { clock } : {})));
    servers.forEach((server, index) => void mesh.add(names[index] ?? '', server));
    return mesh;
  }

  add(name: string, server: Server): Member {
    const self = { life: name, name };
    const link = new TestLink(this, self);
    const member = { self, server, link };
    this.members.set(name, member);
    const { mesh } = server.sfu;
    mesh.connect({
      self,
      link,
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: this.portRange },
      known: async (roomId) => this.#exchange(member, roomId),
    });
    mesh.onShare((roomId, change) => this.#spread(member, roomId, change));
    mesh.onRoom((roomId, open) => {
      if (open) return;
      for (const other of this.#others(member)) this.#say(other, roomId, member, []);
    });
    return member;
  }

  server(name: string): Server {
    return this.#member(name).server;
  }

  link(name: string): TestLink {
    return this.#member(name).link;
  }

  /** The node is gone: the others learn it at once. */
  lose(name: string): void {
    this.away.add(name);
    for (const { server } of this.#others(this.#member(name)))
      for (const roomId of server.sfu.rooms.keys())
        server.sfu.mesh.roster(roomId)?.dropNode(name, 'node_lost');
  }

  /** It is heard again: all tell each other what they have, as after a reconnect. */
  comeBack(name: string): void {
    this.away.delete(name);
    const member = this.#member(name);
    for (const other of this.#others(member)) {
      const rooms = new Set([...other.server.sfu.rooms.keys(), ...member.server.sfu.rooms.keys()]);
      for (const roomId of rooms) {
        this.#say(other, roomId, member, member.server.sfu.mesh.shares(roomId));
        this.#say(member, roomId, other, other.server.sfu.mesh.shares(roomId));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.members.values()].map(({ server }) => server.stop()));
  }

  /** Those that hear and are heard, but for one. */
  heardBy(name: string): readonly Member[] {
    return this.away.has(name) ? [] : this.#others(this.#member(name));
  }

  #others(member: Member): Member[] {
    return [...this.members.values()].filter((other) => other !== member && !this.away.has(other.self.name));
  }

  #member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`there is no node "${name}"`);
    return member;
  }

  /** A node has opened a room: those who have it, too, say what they have of it. */
  #exchange(member: Member, roomId: string): void {
    for (const other of this.heardBy(member.self.name))
      this.#say(member, roomId, other, other.server.sfu.mesh.shares(roomId));
  }

  #say(to: Member, roomId: string, from: Member, peers: Parameters<typeof copy>[0]): void {
    to.server.sfu.mesh.roster(roomId)?.replaceNode(from.self, copy(peers) as never);
  }

  #spread(member: Member, roomId: string, change: ShareChange): void {
    const said = copy(change) as ShareChange;
    for (const other of this.heardBy(member.self.name)) {
      queueMicrotask(() => {
        const roster = other.server.sfu.mesh.roster(roomId);
        if (said.op === 'put') roster?.put(said.peer, member.self);
        else roster?.drop(said.sessionId, member.self, said.reason);
      });
    }
  }
}

/** The way of one node to the others. What goes over it is counted, and can be held up. */
export class TestLink implements NodeLink {
  /** Requests that went out, by their subject. */
  readonly asked: { readonly name: NodeRequestName; readonly data: unknown }[] = [];
  /** Subjects of those that were answered. */
  readonly answered: NodeRequestName[] = [];
  /** Called before a request goes out: it can change it, and hold it up. */
  intercept: ((name: NodeRequestName, data: unknown) => Promise<void>) | undefined;
  /** While it is set, nothing that is told leaves: it waits. */
  held: (() => void)[] | undefined;

  constructor(
    private readonly mesh: TestMesh,
    private readonly self: NodeRef,
  ) {}

  async ask<N extends NodeRequestName>(
    life: string,
    name: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']> {
    this.asked.push({ name, data });
    await this.intercept?.(name, data);
    const other = this.mesh.heardBy(this.self.name).find(({ self }) => self.life === life);
    if (!other) throw new SfuError('gone', 'the other node does not answer');
    const result = await other.server.sfu.mesh.answer(this.self, name, copy(data) as typeof data);
    this.answered.push(name);
    return copy(result) as typeof result;
  }

  async tell<N extends RoomTellingName>(
    roomId: string,
    name: N,
    data: RoomTellings[N],
    payload?: Uint8Array,
  ): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.held) this.held.push(resolve);
      else resolve();
    });
    const telling = copy({ name, data }) as RoomTelling;
    for (const { server } of this.mesh.heardBy(this.self.name))
      server.sfu.mesh.told(this.self, roomId, telling, payload && Uint8Array.from(payload));
  }

  /** Lets go what was held up. */
  release(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const go of waiting) go();
  }
}

function copy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
