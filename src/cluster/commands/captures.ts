import {
  CaptureCommands,
  type CaptureState,
  type CaptureTarget,
  type NewCapture,
} from '../../commands/captures.ts';
import { SfuError } from '../../core/errors.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { Store } from '../../store/store.ts';
import { askEach } from '../ask-each.ts';
import type { CommandName } from '../command-schemas.ts';
import type { Mesh } from '../mesh.ts';
import type { RequestData, RequestResult } from '../messages.ts';
import type { AskNode } from './ask-node.ts';
import { atPeer, split, tryAgain } from './at-peer.ts';
import type { Finder } from './finder.ts';
import { unconfirmed } from './unconfirmed.ts';

export interface MeshCapturesOptions {
  readonly mesh: Mesh;
  readonly sfu: Sfu;
  readonly store: Store;
  readonly askNode: AskNode;
  readonly finder: Finder;
}

interface Node {
  readonly life: string;
  readonly name: string;
}

const findMs = 500;
const readMs = 2000;
/** As large as a page of what else is read over the bus, so that nothing waits long behind it. */
const partBytes = 256 * 1024;

/**
 * Captures of peers on any node: each is made, kept and written to the audit log where the peer is. Its file is read from
 * there in parts, since a message on the bus has a mebibyte at most.
 */
export class MeshCaptures extends CaptureCommands {
  constructor(private readonly options: MeshCapturesOptions) {
    super(options.sfu, options.store);
    options.mesh.answer({
      'capture.find': (_from, query) => this.#find(query),
      'capture.read': (_from, query) => this.#read(query),
    });
  }

  /** Asks the node of the peer, when that is another one. Undefined also when that does not answer. */
  override async lastOf(roomId: string, peerId: string): Promise<CaptureState | undefined> {
    const { mesh, sfu } = this.options;
    const node = sfu.mesh.find(roomId, peerId)?.node;
    const query = { id: null, peer: { roomId, peerId } };
    if (node === undefined && sfu.read.hasPeer(roomId, peerId)) return await super.lastOf(roomId, peerId);
    const nodes = [...mesh.presence.nodes.values()].filter(({ life }) => !node || node.life === life);
    const answers = await askEach(mesh, 'capture.find', query, findMs, nodes);
    return answers.find(({ answer }) => answer)?.answer ?? (await super.lastOf(roomId, peerId));
  }

  override async get(id: string): Promise<CaptureState> {
    return (await this.#place(id)).state;
  }

  override async start(target: NewCapture): Promise<CaptureState> {
    const { content, seconds, ...peer } = target;
    const wanted = { name: 'startCapture' as const, target: peer, params: { content, seconds } };
    return await atPeer(this.options, wanted, () => super.start(target));
  }

  override async fetch(target: CaptureTarget): Promise<Uint8Array<ArrayBuffer>> {
    const { node } = await this.#place(target.id);
    if (!node) return await super.fetch(target);
    const bytes = Number(await this.#command('fetchCapture', node, target));
    return await this.#readAll(node, target.id, bytes);
  }

  override async discard(target: CaptureTarget): Promise<void> {
    const { node } = await this.#place(target.id);
    if (!node) return await super.discard(target);
    await this.#command('discardCapture', node, target);
  }

  /** What this node says of a capture of its own. */
  #find({ id, peer }: RequestData<'capture.find'>): RequestResult<'capture.find'> {
    const { last } = this.options.sfu.captures;
    if (!last || (id !== null && last.id !== id)) return null;
    const isOfPeer = peer === null || (last.roomId === peer.roomId && last.peerId === peer.peerId);
    return isOfPeer ? { ...last } : null;
  }

  #read({ id, from }: RequestData<'capture.read'>): RequestResult<'capture.read'> {
    const { captures } = this.options.sfu;
    if (captures.last?.id !== id) return null;
    const part = captures.file(id).subarray(from, from + partBytes);
    return { content: Buffer.from(part).toString('base64') };
  }

  /** Where a capture is. @throws SfuError not_found; unconfirmed when a node that may have it does not answer */
  async #place(id: string): Promise<{ readonly state: CaptureState; readonly node?: Node }> {
    const own = this.#find({ id, peer: null });
    if (own) return { state: own };
    const answers = await askEach(this.options.mesh, 'capture.find', { id, peer: null }, findMs);
    const found = answers.find(({ answer }) => answer);
    if (found?.answer) return { state: found.answer, node: found.node };
    const silent = answers.flatMap(({ node, answer }) => (answer === undefined ? [node.name] : []));
    if (silent.length > 0)
      throw unconfirmed(silent, `capture "${id}" is on no node that does, and may be there`);
    throw new SfuError(
      'not_found',
      `there is no capture "${id}" on any node; a file is kept for ten minutes, or until the next capture of its node`,
    );
  }

  async #command(name: CommandName, node: Node, target: CaptureTarget): Promise<unknown> {
    const outcome = await this.options.askNode.command(node, { name, sessionId: null, ...split(target) });
    if (outcome.state === 'unconfirmed') throw unconfirmed([node.name], tryAgain);
    if (outcome.state === 'refused') throw outcome.error;
    return outcome.value;
  }

  /** @param bytes of the file when it was asked for: one that still grows does so at its end */
  async #readAll({ life, name }: Node, id: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = new Uint8Array(bytes);
    for (let from = 0; from < bytes; ) {
      const answer = await this.options.mesh.wire.ask(life, 'capture.read', { id, from }, readMs);
      const part = Buffer.from(answer?.content ?? '', 'base64').subarray(0, bytes - from);
      if (part.length === 0)
        throw new SfuError(
          'gone',
          `node "${name}" threw the capture away while it was read; begin another one`,
        );
      file.set(part, from);
      from += part.length;
    }
    return file;
  }
}
