import type { RemoteEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Reaction } from '../../core/reactions.ts';
import type { Volume } from '../events.ts';
import { IncomingData } from '../media/incoming-data.ts';
import type { NodeRequestName, NodeRequests, RoomTelling } from '../media/node-link.ts';
import { NodePipe } from '../media/node-pipe.ts';
import { OutgoingData } from '../media/outgoing-data.ts';
import { type MeasuredPipe, OutgoingPipes, type OutgoingSource } from '../media/outgoing-pipes.ts';
import { PipedTrack } from '../media/piped-track.ts';
import type { RoomRouters } from '../media/routers.ts';
import type { RemotePeerRef } from '../remote-events.ts';
import { Audience } from './audience.ts';
import { closeDataPublication } from './closing-data.ts';
import { DataReceivers } from './data-receivers.ts';
import type { Known } from './known-sessions.ts';
import type { MeshContext } from './mesh-context.ts';
import { passOn } from './messaging.ts';
import { arrivalMs, type DepartedRoom, depart } from './moving.ts';
import type { LocalDataPublication, Peer } from './peer.ts';
import { isReliable } from './publication.ts';
import type { PublishedHere } from './published-here.ts';
import { RemoteDataPublication } from './remote-data-publication.ts';
import { producerRef, RemotePublication } from './remote-publication.ts';
import { PublishedElsewhere } from './remote-publishing.ts';
import type { RoomOptions } from './room-options.ts';
import { KnownOrigin } from './room-origin.ts';
import { RoomRules } from './room-rules.ts';
import { RoomSpeakers } from './room-speakers.ts';
import { type LocalSession, RemoteRoster, type RosterRoom } from './roster.ts';
import type { DataPublicationShare, NodeRef, PublicationShare } from './share.ts';

/** Who sends data waits for the way to other nodes as for a receiver. */
const wayOut = 'the way to other nodes';

/** What a room is to its part in the mesh. */
export interface MeshedRoom extends DepartedRoom {
  readonly id: string;
  readonly openedAt: number;
  readonly options: RoomOptions;
  readonly closed: boolean;
  readonly log: Logger;
  readonly routers: RoomRouters;
  readonly localDataPublications: readonly LocalDataPublication[];
  readonly published: PublishedHere;
}

/** The part of a room that is on other nodes: its peers there, and the ways of media and data to and from them. */
export class RoomMesh implements RosterRoom {
  readonly roster: RemoteRoster;
  /** What peers on other nodes publish, by id. */
  readonly published = new PublishedElsewhere();
  readonly speakers: RoomSpeakers;
  readonly rules: RoomRules;
  readonly origin: KnownOrigin;
  readonly data: OutgoingData;
  readonly dataReceivers: DataReceivers;
  readonly outgoing: OutgoingPipes;
  readonly #incoming = new Map<string, NodePipe>();

  constructor(
    private readonly room: MeshedRoom,
    private readonly mesh: MeshContext,
  ) {
    const { id: roomId, routers } = room;
    const { link, listenInfo } = mesh;
    this.roster = new RemoteRoster(this);
    this.origin = new KnownOrigin({
      life: Bun.randomUUIDv7(),
      openedAt: room.openedAt,
      codecs: routers.codecs,
      chosen: room.options.codecs !== undefined,
    });
    this.rules = new RoomRules(this.life, (rules) => mesh.rulesMade(roomId, rules));
    this.speakers = new RoomSpeakers({
      roomId,
      life: this.life,
      clock: room.context.clock,
      events: room.context.events,
      remoteEvents: mesh.events,
      link,
      lives: () => this.roster.lives,
      audible: (volume) => this.#isAudible(volume),
    });
    this.data = new OutgoingData({ roomId, link, counts: mesh.counts });
    this.dataReceivers = new DataReceivers({
      ...{ roomId, link, clock: room.context.clock },
      local: () => room.localDataPublications,
      remote: () => [...this.published.data.values()],
      lives: () => this.roster.livesInCall,
    });
    this.outgoing = new OutgoingPipes({ roomId, routers, link, listenInfo, find: (id) => this.#source(id) });
  }

  get id(): string {
    return this.room.id;
  }

  get events() {
    return this.mesh.events;
  }

  get life(): string {
    return this.mesh.self.life;
  }

  get link(): MeshContext['link'] {
    return this.mesh.link;
  }

  /** Pipes from other nodes that are open, for those who measure. */
  get incoming(): readonly MeasuredPipe[] {
    return [...this.#incoming].flatMap(([life, { current, passengers }]) =>
      current ? [{ life, id: current.id, transport: current.transport, tracks: [...passengers] }] : [],
    );
  }

  /** What peers on other nodes publish and cannot be brought here for now. */
  get unreachable(): RemotePublication[] {
    return [...this.published.media.values()].filter(({ track }) => track.trouble !== undefined);
  }

  /** A request of another node. @throws SfuError not_found, gone, limit_reached, worker_unavailable */
  async answer<N extends NodeRequestName>(
    from: NodeRef,
    name: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']> {
    const { life } = from;
    const answers: {
      [K in NodeRequestName]: (data: NodeRequests[K]['data']) => Promise<NodeRequests[K]['result']>;
    } = {
      'pipe.open': (open) => this.outgoing.open(life, open),
      'pipe.want': (want) => this.outgoing.want(life, want),
      'pipe.sent': ({ pipeId }) => this.outgoing.sent(life, pipeId),
      'pipe.close': async ({ pipeId }) => {
        this.outgoing.closePipe(life, pipeId);
        return null;
      },
      message: async ({ sessionId, ...letter }) =>
        passOn(this.room, this.roster.bySession(life, sessionId), letter),
    };
    return await answers[name](data);
  }

  /** What another node tells all that have the room. */
  told({ life }: NodeRef, telling: RoomTelling, payload: Uint8Array): void {
    switch (telling.name) {
      case 'volumes':
        return this.speakers.heardBy(life, telling.data);
      case 'speaker':
        return this.speakers.electedBy(life, telling.data);
      case 'data': {
        const { dataProducerId, ppid } = telling.data;
        return this.roster.dataPublication(life, dataProducerId)?.channel.take(payload, ppid);
      }
      case 'dataReceived':
        return this.dataReceivers.receivedThere(life, telling.data.dataProducerIds);
      case 'reaction':
        return this.roster.reacted(life, telling.data);
      case 'pipeEnded':
        return this.#incoming.get(life)?.endedThere(telling.data.pipeId);
    }
  }

  /** Shows a reaction of a peer on this node to the others, while there are any. */
  sendReaction({ sessionId }: Peer, reaction: Reaction): void {
    if (this.speakers.shared) void this.mesh.link.tell(this.id, 'reaction', { sessionId, reaction });
  }

  /** A peer on this node opened a data channel: its messages count from when they go to the other nodes. */
  publishedData(publication: LocalDataPublication): void {
    const { audience } = publication;
    this.dataReceivers.published(publication);
    if (!this.speakers.shared) return;
    audience.expect(wayOut);
    void this.#sendData(publication).then(() => audience.settle(wayOut));
  }

  /** Sends a data channel of a peer on this node to the others, while there are any. @returns when it does */
  async #sendData(publication: LocalDataPublication): Promise<void> {
    const { peer, info, handle } = publication;
    const { router } = peer;
    if (!router || !this.speakers.shared) return;
    const source = {
      id: info.id,
      router,
      get closed() {
        return handle.closed;
      },
      reliable: isReliable(info.delivery),
      onOverload: () => closeDataPublication(publication, 'overloaded'),
    };
    await this.data.add(source).catch((error: unknown) => {
      if (!handle.closed)
        this.room.log.warn('a data channel is not sent to other nodes', { dataProducerId: info.id, error });
    });
  }

  close(): void {
    this.mesh.ends(this.id, this.origin);
    this.roster.close();
    this.outgoing.close();
    this.data.clear();
    this.dataReceivers.close();
  }

  local(peerId: string): LocalSession | undefined {
    return this.room.peers.get(peerId);
  }

  replaceLocal(peerId: string, { from, share }: Known): void {
    const peer = this.room.peers.get(peerId);
    const detail = 'you connected to this room again from elsewhere';
    if (peer && share.supersedes === peer.sessionId) return depart(this.room, peer, from);
    if (peer) this.room.removePeer(peer, 'replaced', { detail });
  }

  newPublication(ref: RemotePeerRef, { life }: NodeRef, share: PublicationShare): RemotePublication {
    const track = new PipedTrack({
      producerId: share.id,
      kind: share.kind,
      paused: share.pausedBy.length > 0,
      pipe: this.#pipeFrom(life),
      onUnreachable: (cause) => {
        this.mesh.counts.unreachable += 1;
        this.events.emit('remoteProducerUnreachable', { ...producerRef(publication), cause });
      },
      onReachable: () => this.events.emit('remoteProducerReachable', producerRef(publication)),
      onArrived: () => this.events.emit('remoteProducerArrived', producerRef(publication)),
    });
    const publication = new RemotePublication(ref, share, track, () => this.room.routers.codecs);
    return publication;
  }

  newDataPublication(ref: RemotePeerRef, share: DataPublicationShare): RemoteDataPublication {
    const { id: dataProducerId, label, protocol } = share;
    const { routers } = this.room;
    const onLost = () => this.events.emit('remoteDataProducerOpened', { ...ref, dataProducerId, label });
    const channel = new IncomingData({ dataProducerId, label, protocol, routers, onLost });
    const onChange = (ready: boolean) => ready && this.dataReceivers.received(dataProducerId);
    const audience = new Audience({ clock: this.room.context.clock, onChange });
    return new RemoteDataPublication(ref, share, { channel, audience });
  }

  nodeCame(): void {
    this.speakers.nodesChanged();
    for (const publication of this.room.localDataPublications) void this.#sendData(publication);
  }

  nodeLeft(life: string, reason: RemoteEnd): void {
    this.#incoming.get(life)?.close();
    this.#incoming.delete(life);
    const isAway = () => ![...this.roster.lives].includes(life);
    const drop = () => isAway() && this.outgoing.dropNode(life);
    // Who moved away may be on the way back, and receive there already.
    if (reason === 'moved') this.room.context.clock.after(arrivalMs + 1000, drop);
    else this.outgoing.dropNode(life);
    if (this.room.closed) return;
    this.dataReceivers.left(life);
    this.speakers.nodesChanged();
    if (!this.speakers.shared) this.data.clear();
  }

  #pipeFrom(life: string): NodePipe {
    const { id: roomId, routers, log, context } = this.room;
    const { link, listenInfo, counts } = this.mesh;
    const pipe =
      this.#incoming.get(life) ??
      new NodePipe({ roomId, life, routers, link, listenInfo, counts, clock: context.clock, log });
    this.#incoming.set(life, pipe);
    return pipe;
  }

  #source(producerId: string): OutgoingSource {
    // Also of one that moved away: what others receive of it goes on for a moment.
    const publication = this.room.published.media.get(producerId);
    if (!publication)
      throw new SfuError(
        'not_found',
        `nobody on this node has a producer "${producerId}"; it may have ended`,
      );
    const { handle, peer, info } = publication;
    return {
      kind: info.kind,
      get closed() {
        return handle.closed;
      },
      bring: (to) => handle.bring(to),
      receive: () => peer.traces.add('consumers'),
      onClose: (listener) => handle.onClose(listener),
    };
  }

  #isAudible({ peerId, producerId }: Volume): boolean {
    return this.roster.peers.get(peerId)?.publications.get(producerId)?.paused === false;
  }
}
