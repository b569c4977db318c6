import {
  type BanRequest,
  Commands,
  type PeerTarget,
  type Removal,
  type Requester,
} from '../../commands/commands.ts';
import type { ConsumerTarget, ProducerTarget, RoomTarget } from '../../commands/targets.ts';
import type { AttributeChanges } from '../../core/attributes.ts';
import { SfuError } from '../../core/errors.ts';
import type { PublishDecision } from '../../core/grants.ts';
import type { Source } from '../../core/sources.ts';
import type { RoomChanges, RoomOptions } from '../../sfu/rooms/room-options.ts';
import type { RoomSnapshot } from '../../sfu/rooms/snapshot.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { FoundPeer } from '../../sfu/sfu-mesh.ts';
import type { Store } from '../../store/store.ts';
import type { CommandName } from '../command-schemas.ts';
import type { Presence } from '../presence.ts';
import type { AskNode } from './ask-node.ts';
import { atPeer, type ForPeer, type Params, split, tryAgain } from './at-peer.ts';
import type { Carrier } from './carrier.ts';
import type { Finder } from './finder.ts';
import { keepOut } from './keep-out.ts';
import { unconfirmed, unconfirmedSentence } from './unconfirmed.ts';

export interface MeshCommandsOptions {
  readonly sfu: Sfu;
  readonly store: Store;
  readonly now: () => number;
  readonly selfName: string;
  readonly carrier: Carrier;
  readonly askNode: AskNode;
  readonly finder: Finder;
  readonly presence: Presence;
}

/**
 * The commands over all nodes: each is carried out, and written to the audit log, where the peer is; what is for a room
 * is carried out on every node that has it. What a node did not answer is unconfirmed: an error when it was for that
 * node alone, else a warning that names it.
 */
export class MeshCommands extends Commands {
  constructor(private readonly options: MeshCommandsOptions) {
    super(options.sfu, options.store, options.now);
  }

  override async removePeer(target: PeerTarget, ban?: BanRequest): Promise<Removal> {
    const { carrier, finder, sfu, store, now } = this.options;
    const first = await finder.peer(target);
    try {
      const removal = { name: 'removePeer' as const, target, params: { ban: ban ?? null }, first };
      return await this.#forPeer(removal, () => carrier.removePeer(target, ban));
    } catch (error) {
      if (!(error instanceof SfuError) || error.code !== 'unconfirmed') throw error;
      throw await keepOut({ sfu, store, now }, { target, subject: first.subject, ban, error });
    }
  }

  override async muteProducer(target: ProducerTarget): Promise<void> {
    await this.#decideForPeer('muteProducer', target, () => super.muteProducer(target));
  }

  override async allowProducer(target: ProducerTarget): Promise<void> {
    await this.#decideForPeer('allowProducer', target, () => super.allowProducer(target));
  }

  override async closeProducer(target: ProducerTarget): Promise<void> {
    await this.#forPeer({ name: 'closeProducer', target }, () => super.closeProducer(target));
  }

  override async pauseConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forPeer({ name: 'pauseConsumer', target }, () => super.pauseConsumer(target));
  }

  override async resumeConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forPeer({ name: 'resumeConsumer', target }, () => super.resumeConsumer(target));
  }

  override async closeConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forPeer({ name: 'closeConsumer', target }, () => super.closeConsumer(target));
  }

  override async muteAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const { peerId } = target;
    if (peerId !== undefined)
      return await this.#decideForPeer('mutePeer', { ...target, peerId }, () => super.muteAll(target));
    const { carrier } = this.options;
    return await this.#sumEverywhere('muteRoom', target, () =>
      carrier.decide(target, (local) => local.muteAll(target)),
    );
  }

  override async allowAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const { peerId } = target;
    if (peerId !== undefined)
      return await this.#decideForPeer('allowPeer', { ...target, peerId }, () => super.allowAll(target));
    const { carrier } = this.options;
    return await this.#sumEverywhere('allowRoom', target, () =>
      carrier.decide(target, (local) => local.allowAll(target)),
    );
  }

  override async lowerHands(target: RoomTarget & { peerId?: string }): Promise<number> {
    const { peerId } = target;
    const here = () => super.lowerHands(target);
    if (peerId === undefined) return await this.#sumEverywhere('lowerHands', target, here);
    return await this.#forPeer({ name: 'lowerHand', target: { ...target, peerId } }, here);
  }

  override async setPublish(target: PeerTarget & { publish: PublishDecision }): Promise<void> {
    await this.#decideForPeer('setPublish', target, () => super.setPublish(target));
  }

  override async setPeerMetadata(
    target: PeerTarget & { metadata: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    await this.#forPeer({ name: 'setPeerMetadata', target }, () => super.setPeerMetadata(target));
  }

  override async setPeerAttributes(target: PeerTarget & { changes: AttributeChanges }): Promise<void> {
    await this.#forPeer({ name: 'setPeerAttributes', target }, () => super.setPeerAttributes(target));
  }

  override async notice(target: RoomTarget & { peerId?: string; message: string }): Promise<void> {
    const { peerId } = target;
    const here = () => super.notice(target);
    if (peerId === undefined) await this.#everywhere('notifyRoom', target, here);
    else await this.#forPeer({ name: 'notifyPeer', target: { ...target, peerId } }, here);
  }

  override async createRoom(target: RoomTarget & { options: RoomOptions }): Promise<RoomSnapshot> {
    const room = await super.createRoom(target);
    const silent = [...this.options.presence.nodes.values()].filter(({ stale }) => stale);
    const names = silent.map(({ name }) => name).sort();
    if (names.length > 0)
      target.warn?.(`${unconfirmedSentence(names)}; where the room is there already, the earlier one holds`);
    return room;
  }

  override async changeRoom(target: RoomTarget & { changes: RoomChanges }): Promise<void> {
    // JSON has no undefined, which goes back to the settings.
    const given = Object.entries(target.changes).map(([name, value]) => [name, value ?? null]);
    const params = { changes: Object.fromEntries(given) };
    await this.#decideForRoom('changeRoom', target, () => super.changeRoom(target), params);
  }

  override async setRoomLocked(target: RoomTarget & { locked: boolean }): Promise<void> {
    await this.#decideForRoom('setRoomLocked', target, () => super.setRoomLocked(target));
  }

  override async capBitrate(target: RoomTarget & { bitrate: number | null }): Promise<void> {
    await this.#decideForRoom('capBitrate', target, () => super.capBitrate(target));
  }

  override async closeRoom(target: RoomTarget): Promise<void> {
    await this.#everywhere('closeRoom', target, () => super.closeRoom(target));
  }

  /** The workers are those of one node: of the one that is named, else of this one, else of the only one that has the room. */
  override async moveRoom(target: RoomTarget & { workerIndex: number; node?: string }): Promise<void> {
    const { finder } = this.options;
    const { node = await finder.nodeOf(target.roomId), ...move } = target;
    await this.#onNode('moveRoom', { ...move, node }, () => super.moveRoom(move));
  }

  override async drain(request: Requester & { milliseconds: number; node?: string }): Promise<void> {
    await this.#onNode('drain', request, () => super.drain(request));
  }

  override async cancelDrain(request: Requester & { node?: string }): Promise<void> {
    await this.#onNode('cancelDrain', request, () => super.cancelDrain(request));
  }

  /** For what decides about a subject in its room: the other nodes are told. */
  async #decideForPeer<T>(name: CommandName, target: PeerTarget, here: () => Promise<T>): Promise<T> {
    return await this.#forPeer({ name, target }, () => this.options.carrier.decide(target, here));
  }

  /** @throws SfuError not_found, unconfirmed, and what that node refuses with */
  async #forPeer<T>(wanted: ForPeer, here: () => Promise<T>): Promise<T> {
    return await atPeer(this.options, wanted, here);
  }

  /** Carries something out on one node that has a room, which tells the others. */
  async #decideForRoom(
    name: CommandName,
    target: RoomTarget,
    here: () => Promise<void>,
    params: Params = {},
  ): Promise<void> {
    const { finder, askNode, carrier } = this.options;
    const node: FoundPeer['node'] = await finder.room(target.roomId);
    if (node === undefined) return await carrier.decide(target, here);
    const request = { name, sessionId: null, ...split({ ...target, ...params }) };
    const outcome = await askNode.command(node, request);
    if (outcome.state === 'unconfirmed') throw unconfirmed([node.name], tryAgain);
    if (outcome.state === 'refused') throw outcome.error;
  }

  async #sumEverywhere(name: CommandName, target: RoomTarget, here: () => Promise<number>): Promise<number> {
    const counts = await this.#everywhere(name, target, here);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Carries something out on every node that has a room. @throws SfuError not_found, unconfirmed */
  async #everywhere<T>(name: CommandName, target: RoomTarget, here: () => Promise<T>): Promise<T[]> {
    const { sfu, presence, askNode } = this.options;
    const { params, warn } = split(target);
    const others = [...presence.nodes.values()].map(async (node) => ({
      node,
      outcome: await askNode.command(node, { name, sessionId: null, params, warn }),
    }));
    const own = sfu.rooms.has(target.roomId) ? [here()] : [];
    const [done, outcomes] = await Promise.all([Promise.all(own), Promise.all(others)]);
    const values = outcomes.flatMap(({ outcome }) => (outcome.state === 'done' ? [outcome.value as T] : []));
    const silent = outcomes.flatMap(({ node, outcome }) =>
      outcome.state === 'unconfirmed' ? [node.name] : [],
    );
    const all = [...done, ...values];
    const refused = outcomes.flatMap(({ outcome }) => (outcome.state === 'refused' ? [outcome.error] : []));
    const failure = refused.find(({ code }) => code !== 'not_found');
    if (all.length === 0) {
      if (failure) throw failure;
      if (silent.length > 0) throw unconfirmed(silent, tryAgain);
      throw new SfuError('not_found', `there is no room "${target.roomId}" on any node; it may have ended`);
    }
    if (failure) warn?.(`on one node it failed: ${failure.message}`);
    if (silent.length > 0) warn?.(`${unconfirmedSentence(silent)}; if the room is there, do it again later`);
    return all;
  }

  async #onNode(
    name: CommandName,
    { node: nodeName, ...request }: Requester & { node?: string },
    here: () => Promise<void>,
  ): Promise<void> {
    const { selfName, presence, askNode } = this.options;
    if (nodeName === undefined || nodeName === selfName) return await here();
    const node = [...presence.nodes.values()].find((each) => each.name === nodeName);
    if (!node)
      throw new SfuError('not_found', `there is no node "${nodeName}" in the mesh; it may have ended`);
    const outcome = await askNode.command(node, { name, sessionId: null, ...split(request) });
    if (outcome.state === 'unconfirmed') throw unconfirmed([nodeName], tryAgain);
    if (outcome.state === 'refused') throw outcome.error;
  }
}
