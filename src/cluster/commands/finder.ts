import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { NodeRef } from '../../sfu/rooms/share.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { FoundPeer } from '../../sfu/sfu-mesh.ts';
import { askEach } from '../ask-each.ts';
import type { CommandCounts } from '../command-counts.ts';
import type { RequestData, RequestResult } from '../messages.ts';
import type { Presence } from '../presence.ts';
import type { Wire } from '../wire.ts';
import { unconfirmed } from './unconfirmed.ts';

export interface FinderOptions {
  readonly sfu: Pick<Sfu, 'rooms' | 'mesh'>;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly counts: CommandCounts;
}

interface Found {
  readonly node: NodeRef;
  readonly peer: NonNullable<RequestResult<'peer.find'>>;
}

interface Search {
  readonly found: readonly Found[];
  /** Names of nodes that did not answer. */
  readonly silent: readonly string[];
}

const findTimeoutMs = 500;

/** Finds rooms and peers on any node: in the roster of a room that is open here, else by asking the others. */
export class Finder {
  readonly #searches = new Map<string, Promise<Search>>();

  constructor(private readonly options: FinderOptions) {}

  /** @throws SfuError not_found; unconfirmed when a node that may have it does not answer */
  async peer({ roomId, peerId }: { roomId: string; peerId: string }): Promise<FoundPeer> {
    const known = this.options.sfu.mesh.find(roomId, peerId);
    if (known) return known;
    const { found, silent } = await this.#ask({ roomId, peerId });
    const sessions = found.flatMap(({ node: answering, peer: { sessionId, subject, epoch, on } }) => {
      // Its own node may be the one that does not answer.
      const node = on === null ? answering : this.options.presence.nodes.get(on);
      return sessionId === null || subject === null || !node
        ? []
        : [{ sessionId, subject, epoch, node, isOwn: on === null }];
    });
    const [latest] = sessions.sort(
      (one, other) => other.epoch - one.epoch || Number(other.isOwn) - Number(one.isOwn),
    );
    if (latest) return latest;
    if (silent.length > 0)
      throw this.#unconfirmed(silent, `peer "${peerId}" is on no node that does, and may be there`);
    throw new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
  }

  /** @returns a node that has a room; undefined when this one has it @throws SfuError not_found, unconfirmed */
  async room(roomId: string): Promise<NodeRef | undefined> {
    if (this.options.sfu.rooms.has(roomId)) return undefined;
    const { found, silent } = await this.#ask({ roomId, peerId: null });
    const [first] = found.toSorted((one, other) => (one.node.life < other.node.life ? -1 : 1));
    return first ? first.node : this.#nowhere(roomId, silent);
  }

  /** The name of the only node that has a room; undefined when this one has it. @throws SfuError not_found, unconfirmed, invalid_params */
  async nodeOf(roomId: string): Promise<string | undefined> {
    if (this.options.sfu.rooms.has(roomId)) return undefined;
    const { found, silent } = await this.#ask({ roomId, peerId: null });
    const names = found.map(({ node }) => node.name).sort();
    if (names.length > 1)
      throw new SfuError(
        'invalid_params',
        `node: room "${roomId}" is on ${names.join(' and ')}; name one of them`,
      );
    return names[0] ?? this.#nowhere(roomId, silent);
  }

  /** Answers another node. */
  answer({ roomId, peerId }: RequestData<'peer.find'>): RequestResult<'peer.find'> {
    const { sfu } = this.options;
    if (!sfu.rooms.has(roomId)) return null;
    const peer = peerId === null ? undefined : sfu.mesh.find(roomId, peerId);
    const life = sfu.mesh.lives.of(roomId) ?? null;
    if (!peer) return { sessionId: null, subject: null, epoch: 0, life, on: null };
    const { sessionId, subject, epoch, node } = peer;
    return { sessionId, subject, epoch, life, on: node?.life ?? null };
  }

  #nowhere(roomId: string, silent: readonly string[]): never {
    if (silent.length > 0)
      throw this.#unconfirmed(silent, `room "${roomId}" is on no node that does, and may be there`);
    throw new SfuError('not_found', `there is no room "${roomId}" on any node; it may have ended`);
  }

  #unconfirmed(silent: readonly string[], hint: string): SfuError {
    this.options.counts.unconfirmed += 1;
    return unconfirmed(silent, hint);
  }

  /** Commands that one request gives at the same time share one search. */
  async #ask(query: RequestData<'peer.find'>): Promise<Search> {
    const key = JSON.stringify(query);
    const search = this.#searches.get(key) ?? this.#search(query).finally(() => this.#searches.delete(key));
    this.#searches.set(key, search);
    return await search;
  }

  async #search(query: RequestData<'peer.find'>): Promise<Search> {
    const answers = await askEach(this.options, 'peer.find', query, findTimeoutMs);
    return {
      found: answers.flatMap(({ node, answer: peer }) => (peer ? [{ node, peer }] : [])),
      silent: answers.flatMap(({ node, answer }) => (answer === undefined ? [node.name] : [])),
    };
  }
}
