import type { types } from 'mediasoup-client';
import type { CallHost, CallState, Entered, Moved } from './call-types.ts';
import type { TureenClientEvents } from './client-events.ts';
import { watchDevices } from './devices.ts';
import type { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import { OwnHand } from './own-hand.ts';
import { Playback } from './playback.ts';
import { Priorities } from './priorities.ts';
import type { AttributeChanges, MethodParams, Notification, Permissions, ProducerInfo } from './protocol.ts';
import type { Publication } from './publication.ts';
import { type Quality, QualityBook } from './quality.ts';
import { type Attributes, type RemotePeer, withChanges } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { Turnout } from './roster-changes.ts';
import { Speaking } from './speaking.ts';
import type { Direction } from './transports.ts';
import { VitalSignsReader } from './vital-signs.ts';
import { Watching } from './watching.ts';

type Emit = <N extends keyof TureenClientEvents>(name: N, data: TureenClientEvents[N]) => void;

export interface ClientHostOptions {
  readonly emit: Emit;
  readonly peers: () => ReadonlyMap<string, RemotePeer>;
  readonly peerId: string;
  readonly displayName: string;
  readonly attributes: Attributes;
  readonly videoLimit: number | undefined;
  readonly request: <N extends 'raiseHand' | 'lowerHand' | 'reportQuality'>(
    method: N,
    data: MethodParams<N>,
  ) => Promise<unknown>;
  readonly transportStats: (direction: Direction) => Promise<RTCStatsReport | undefined>;
  /** Whether a transport has lost its path. */
  readonly broken: () => boolean;
}

/** How often it is measured how well media gets through. */
const qualityIntervalMs = 2000;

/** Turns the notifications of a call into events of the client. */
export class ClientHost implements CallHost {
  displayName: string;
  attributes: Attributes;
  readonly quality: QualityBook;
  readonly speaking = new Speaking((peerId, speaking) => this.#spoke(peerId, speaking));
  readonly hand: OwnHand;
  readonly playback: Playback;
  readonly watching: Watching;
  readonly #priorities: Priorities;
  permissions: Permissions = { publish: true, subscribe: true, moderate: false };
  locked = false;
  #turnout: Turnout | undefined;
  readonly #vitalSigns: VitalSignsReader;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The socket is cut: all else goes on. */
  #resuming = false;
  #stopWatching: () => void = () => {};

  constructor(private readonly options: ClientHostOptions) {
    this.displayName = options.displayName;
    this.attributes = options.attributes;
    this.hand = new OwnHand((method) => options.request(method, {}));
    this.playback = new Playback((canPlay) => options.emit('playback', { canPlay }));
    const { peerId: ownPeerId, peers, transportStats, broken } = options;
    this.watching = new Watching({ limit: options.videoLimit, peers });
    const changed = (peerId: string, quality: Quality) => options.emit('quality', { peerId, quality });
    this.#priorities = new Priorities({ ownPeerId, tracks: (id) => this.peer(id)?.tracks ?? [] });
    const tracks = () => [...peers().values()].flatMap((peer) => [...peer.tracks]);
    this.#vitalSigns = new VitalSignsReader({ transportStats, tracks });
    this.quality = new QualityBook({
      ownPeerId,
      ...{ tracks, broken, changed },
      // What is not told now is told with the next change.
      report: (quality) => void options.request('reportQuality', quality).catch(() => {}),
    });
  }

  stateChanged(state: CallState, error?: ClientError): void {
    const goesOn = state === 'resuming' || (state === 'joined' && this.#resuming);
    this.#resuming = state === 'resuming';
    if (state === 'connecting')
      this.#stopWatching = watchDevices((devices) => this.options.emit('devices', devices));
    else if (state === 'ended') this.#stopWatching();
    if (!goesOn) this.#begin(state);
    this.options.emit('state', { state, error });
  }

  #begin(state: CallState): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.quality.reset();
    this.speaking.heard([]);
    if (state === 'ended') this.#priorities.reset();
    if (state !== 'joined') return this.watching.left();
    this.hand.joined();
    this.#timer = setInterval(() => void this.#measure(), qualityIntervalMs);
  }

  async #measure(): Promise<void> {
    // The transports may be replaced meanwhile; then there is nothing to compare.
    const signs = await this.#vitalSigns.read().catch(() => undefined);
    if (signs && this.#timer) this.quality.measured(signs);
  }

  /** Servers of earlier versions list everyone. */
  get turnout(): Turnout {
    return this.#turnout ?? { count: this.options.peers().size + 1, audience: 0 };
  }

  entered({ permissions, locked, displayName, attributes, count, audience }: Entered): void {
    // Servers of earlier versions say nothing of these.
    if (displayName !== undefined) this.displayName = displayName;
    if (attributes) this.attributes = attributes;
    if (count !== undefined && audience !== undefined) this.#setTurnout({ count, audience });
    if (permissions) this.permissions = permissions;
    if (locked !== undefined) this.#setLocked(locked);
  }

  /** @param media undefined while we are not in the call, which is joined with them */
  async changeAttributes(changes: AttributeChanges, media: Media | undefined): Promise<void> {
    if (media) this.attributes = (await media.request('setAttributes', { attributes: changes })).attributes;
    else this.attributes = withChanges(this.attributes, changes);
  }

  moved(move: Moved): void {
    this.options.emit('moved', move);
  }

  transportState(direction: Direction, state: types.ConnectionState): void {
    this.quality.look();
    this.options.emit('transport', { direction, state });
  }

  peer(id: string): RemotePeer | undefined {
    return this.options.peers().get(id);
  }

  peerJoined(peer: RemotePeer): void {
    this.options.emit('peerJoined', peer);
  }

  peerChanged(peer: RemotePeer): void {
    this.options.emit('peerChanged', peer);
  }

  qualityTold(peerId: string, quality: Quality): void {
    this.quality.told(peerId, quality);
  }

  peerLeft(peer: RemotePeer, reason: string): void {
    this.quality.forget(peer.id);
    this.watching.changed();
    this.options.emit('peerLeft', { peer, reason });
  }

  publicationAdded(peer: RemotePeer, publication: ProducerInfo): void {
    this.watching.changed();
    this.options.emit('publicationAdded', { peer, publication });
  }

  publicationRemoved(peer: RemotePeer, publication: ProducerInfo): void {
    this.watching.changed();
    this.options.emit('publicationRemoved', { peer, publication });
  }

  trackAdded(peer: RemotePeer, track: RemoteTrack): void {
    this.#priorities.added(track);
    this.watching.views.arrived(track);
    this.options.emit('trackAdded', { peer, track });
  }

  trackChanged(peer: RemotePeer, track: RemoteTrack): void {
    this.quality.look();
    this.options.emit('trackChanged', { peer, track });
  }

  trackRemoved(peer: RemotePeer, track: RemoteTrack, reason: string): void {
    this.options.emit('trackRemoved', { peer, track, reason });
  }

  publicationChanged(publication: Publication): void {
    this.options.emit('publicationChanged', publication);
  }

  publicationEnded(end: { publication: Publication; reason: string }): void {
    this.options.emit('publicationEnded', end);
  }

  dataReceived(peer: RemotePeer, label: string, data: string | ArrayBuffer): void {
    if (label === 'chat' && typeof data === 'string') this.options.emit('chat', { peer, text: data });
    else this.options.emit('data', { peer, label, data });
  }

  notified({ method, data }: Notification): void {
    const { emit } = this.options;
    if (method === 'activeSpeaker') {
      this.#priorities.spoke(data.peerId);
      emit('activeSpeaker', { peerId: data.peerId });
    } else if (method === 'speakingPeers') {
      this.speaking.heard(data.peerVolumes);
      emit('levels', data.peerVolumes);
    } else if (method === 'peerQuality') this.qualityTold(data.peerId, data);
    else if (method === 'downlinkBwe')
      emit('bandwidth', { available: data.availableBitrate, desired: data.desiredBitrate });
    else if (method === 'notice') emit('notice', { message: data.message });
    else if (method === 'permissionsChanged') this.#setPublish(data.publish);
    else if (method === 'rosterChanged') this.#setTurnout({ count: data.count, audience: data.audience });
    else if (method === 'roomLocked') this.#setLocked(data.locked);
    else if (method === 'draining') emit('draining', { deadline: data.deadline });
    else if (method === 'drainCancelled') emit('drainCancelled', undefined);
    else if (method === 'peerMetadataChanged') emit('metadata', data);
    else if (method === 'peerMessage') {
      const peer = this.peer(data.peerId);
      if (peer) emit('message', { peer, message: data.message });
    } else if (method === 'peerAttributesChanged') {
      if (data.peerId === this.options.peerId) this.attributes = data.attributes;
      emit('attributes', data);
    } else if (method === 'peerReaction') emit('reaction', data);
    else if (method === 'peerHand') {
      if (data.peerId === this.options.peerId) this.hand.told(data);
      emit('hand', { peerId: data.peerId, raised: data.raisedAt !== null });
    }
  }

  #spoke(peerId: string, speaking: boolean): void {
    const peer = this.peer(peerId);
    if (peer) peer.speaking = speaking;
    this.options.emit('speaking', { peerId, speaking });
  }

  #setPublish(publish: Permissions['publish']): void {
    this.permissions = { ...this.permissions, publish };
    this.options.emit('permissions', { publish });
  }

  #setTurnout(turnout: Turnout): void {
    const { count, audience } = this.turnout;
    this.#turnout = turnout;
    if (count !== turnout.count || audience !== turnout.audience) this.options.emit('turnout', turnout);
  }

  #setLocked(locked: boolean): void {
    if (locked === this.locked) return;
    this.locked = locked;
    this.options.emit('locked', { locked });
  }
}
