import type { Attributes } from '../../core/attributes.ts';
import { type Quality, unknownQuality } from '../../core/quality.ts';
import type { Source } from '../../core/sources.ts';
import type { Standing } from '../../core/standing.ts';
import type { RemotePeerRef } from '../remote-events.ts';
import type { RemoteDataPublication } from './remote-data-publication.ts';
import type { RemotePublication } from './remote-publication.ts';
import type { NodeRef, PeerShare } from './share.ts';

/** A peer on another node, as its node describes it. Its socket and its transports are there. */
export class RemotePeer {
  /** Only while it takes part in the call. */
  readonly publications = new Map<string, RemotePublication>();
  readonly dataPublications = new Map<string, RemoteDataPublication>();

  constructor(
    readonly roomId: string,
    readonly node: NodeRef,
    public share: PeerShare,
  ) {}

  get id(): string {
    return this.share.peerId;
  }

  get sessionId(): string {
    return this.share.sessionId;
  }

  get displayName(): string {
    return this.share.displayName;
  }

  get device(): PeerShare['device'] {
    return this.share.device;
  }

  get metadata(): PeerShare['metadata'] {
    return this.share.metadata;
  }

  get attributes(): Attributes {
    return this.share.attributes ?? {};
  }

  /** When its hand was raised; null while it is not. */
  get handRaisedAt(): number | null {
    return this.share.handRaisedAt;
  }

  /** What the others learn of it. */
  get standing(): Standing {
    return this.share.standing ?? 'listed';
  }

  /** Whether its connection is cut. */
  get away(): boolean {
    return this.share.away ?? false;
  }

  get quality(): Quality {
    return this.share.quality ?? unknownQuality;
  }

  get hidden(): boolean {
    return this.share.hidden;
  }

  /** What it may publish, and whether that is something else than its token grants. */
  get publish(): PeerShare['publish'] {
    return this.share.publish;
  }

  get stopped(): boolean {
    return this.share.stopped;
  }

  get joined(): boolean {
    return this.share.state === 'joined';
  }

  /** What of its media cannot be brought here for now. */
  get unreachable(): Source[] {
    const lost = [...this.publications.values()].filter(({ track }) => track.trouble !== undefined);
    return [...new Set(lost.map(({ info }) => info.source))];
  }

  /** Whether it was in the call and is about to join again, its media being lost. */
  get rejoining(): boolean {
    return !this.joined && this.share.joinedAt !== null;
  }

  /** Names the peer, its stay and its node in events. */
  get ref(): RemotePeerRef {
    return { roomId: this.roomId, peerId: this.id, sessionId: this.sessionId, node: this.node.name };
  }
}
