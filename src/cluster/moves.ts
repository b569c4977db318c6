import type { TakeAgain, TakenSession } from '../sfu/rooms/passage.ts';
import type { NodeRef } from '../sfu/rooms/share.ts';
import type { SfuMesh } from '../sfu/sfu-mesh.ts';
import { askEach } from './ask-each.ts';
import type { Mesh } from './mesh.ts';

/** Who shows a ticket, of which this is the hash. */
export interface Mover {
  readonly roomId: string;
  readonly peerId: string;
  readonly ticket: string;
}

/** A session of another node that a client may go on with here. */
export interface Takeable {
  readonly from: NodeRef;
  readonly taken: TakenSession;
  readonly takeAgain: TakeAgain;
}

const takeTimeoutMs = 1000;

/** Peers that come from other nodes with their tickets; from now on this node also lets its own go. */
export class Moves {
  constructor(
    private readonly mesh: Mesh,
    sfu: { readonly mesh: Pick<SfuMesh, 'takeSession' | 'find'> },
  ) {
    mesh.answer({ 'session.take': (_from, request) => sfu.mesh.takeSession(request) });
  }

  /** Finds the session of a ticket on the other nodes. Nothing is made here before it is found. */
  async find(mover: Mover): Promise<Takeable | undefined> {
    const { wire, presence } = this.mesh;
    const request = { ...mover, take: Bun.randomUUIDv7() };
    const first = { ...request, last: false };
    for (const { node, answer } of await askEach({ wire, presence }, 'session.take', first, takeTimeoutMs)) {
      if (!answer) continue;
      const { life, name } = node;
      const last = { ...request, last: true };
      // A node that died meanwhile keeps nobody from going on here.
      const takeAgain = () => wire.ask(life, 'session.take', last, takeTimeoutMs).catch(() => undefined);
      return { from: { life, name }, taken: answer, takeAgain };
    }
    return undefined;
  }
}
