import type { PeerRef, SfuBus } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Connection } from './connection.ts';
import { describePeer } from './describe.ts';
import type { NotificationData, NotificationName } from './messages.ts';
import { notificationText } from './texts.ts';

export interface NotifyOptions {
  events: SfuBus;
  rooms: ReadonlyMap<string, Room>;
  connectionOf: (peer: Peer) => Connection | undefined;
  now: () => number;
  random: () => number;
}

type Who = { readonly roomId: string; readonly peerId: string };

/** Turns domain events into notifications for those whom they concern. @returns a function that stops it */
export function startNotifications(options: NotifyOptions): () => void {
  const { events } = options;
  const notify = new Notifier(options);
  const stops = [
    ...followPeers(events, notify, options),
    ...followProducers(events, notify),
    ...followConsumers(events, notify),
    ...followRoom(events, notify),
    ...followNode(events, notify, options),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

class Notifier {
  constructor(private readonly options: NotifyOptions) {}

  one<N extends NotificationName>({ roomId, peerId }: Who, name: N, data: NotificationData<N>): void {
    const peer = this.options.rooms.get(roomId)?.peers.get(peerId);
    if (peer) this.options.connectionOf(peer)?.notify(name, data);
  }

  /**
   * A notification on which the call depends. A client that does not know it is disconnected, for it comes back by itself
   * and builds everything again.
   */
  needed<N extends NotificationName>(who: PeerRef, name: N, data: NotificationData<N>, detail: string): void {
    const { rooms, connectionOf } = this.options;
    const room = rooms.get(who.roomId);
    const peer = room?.peers.get(who.peerId);
    const connection = peer && connectionOf(peer);
    if (!room || !connection || peer.sessionId !== who.sessionId) return;
    if (connection.knows(name)) connection.notify(name, data);
    else room.removePeer(peer, 'rejoin', { detail });
  }

  /** Everyone who has joined, but for one. The text is written once. */
  room<N extends NotificationName>(roomId: string, name: N, data: NotificationData<N>, but?: string): void {
    this.some(roomId, name, data, (peer) => peer.id !== but);
  }

  some<N extends NotificationName>(
    roomId: string,
    name: N,
    data: NotificationData<N>,
    chosen: (peer: Peer) => boolean,
  ): void {
    const room = this.options.rooms.get(roomId);
    if (!room) return;
    let text: string | undefined;
    for (const peer of room.peers.values()) {
      if (!peer.joined || !chosen(peer)) continue;
      const connection = this.options.connectionOf(peer);
      if (!connection?.knows(name)) continue;
      text ??= notificationText(name, data);
      connection.sendText(text);
    }
  }

  /** Every connection of the node. */
  node<N extends NotificationName>(name: N, data: () => NotificationData<N>): void {
    for (const room of this.options.rooms.values()) {
      for (const peer of room.peers.values()) this.options.connectionOf(peer)?.notify(name, data());
    }
  }
}

function followPeers(events: SfuBus, notify: Notifier, { rooms }: NotifyOptions) {
  const gone = (roomId: string, peerId: string, reason: string) => {
    notify.room(roomId, 'peerClosed', { peerId, reason }, peerId);
    notify.room(roomId, 'peerLeft', { peerId, reason }, peerId);
  };
  const came = ({ roomId, peerId, hidden }: Who & { readonly hidden: boolean }) => {
    const peer = rooms.get(roomId)?.peers.get(peerId);
    if (peer && !hidden) notify.room(roomId, 'newPeer', describePeer(peer), peerId);
  };
  return [
    events.on('peerJoined', came),
    events.on('peerRejoined', came),
    events.on('peerLeft', ({ roomId, peerId, reason, joined, rejoining, hidden }) => {
      if (!joined || hidden) return;
      // Clients that know only peerClosed do not wait for a peer to come back, and forgot it then.
      if (rejoining) notify.room(roomId, 'peerLeft', { peerId, reason }, peerId);
      else gone(roomId, peerId, reason);
    }),
    events.on('peerRejoin', ({ roomId, peerId, reason, joined, hidden }) => {
      if (joined && !hidden) gone(roomId, peerId, 'rejoin');
      notify.one({ roomId, peerId }, 'rejoin', { reason });
    }),
    events.on('peerRenamed', ({ roomId, peerId, displayName, oldDisplayName, hidden }) => {
      if (!hidden)
        notify.room(roomId, 'peerDisplayNameChanged', { peerId, displayName, oldDisplayName }, peerId);
    }),
    events.on('peerPermissionsChanged', ({ publish, ...who }) =>
      notify.one(who, 'permissionsChanged', {
        publish: typeof publish === 'boolean' ? publish : [...publish],
      }),
    ),
    events.on('peerNotice', ({ message, ...who }) => notify.one(who, 'notice', { message })),
    events.on('transportBandwidth', ({ transportId, desired, effectiveDesired, available, ...who }) =>
      notify.one(who, 'downlinkBwe', {
        transportId,
        desiredBitrate: desired,
        effectiveDesiredBitrate: effectiveDesired,
        availableBitrate: available,
      }),
    ),
    events.on('transportClosed', ({ transportId, reason, ...who }) => {
      const data = { transportId, reason };
      const failed = reason === 'ice_failed' || reason === 'dtls_failed';
      if (failed)
        notify.needed(who, 'transportClosed', data, `a connection of your media failed (${reason})`);
      else notify.one(who, 'transportClosed', data);
    }),
  ];
}

function followProducers(events: SfuBus, notify: Notifier) {
  const choosers = (but: string) => (peer: Peer) =>
    peer.id !== but && peer.state.name === 'joined' && !peer.state.autoSubscribe;
  return [
    events.on('producerOpened', ({ roomId, peerId, producerId, kind, source, paused }) =>
      notify.some(roomId, 'newProducer', { peerId, producerId, kind, source, paused }, choosers(peerId)),
    ),
    events.on('producerScore', ({ producerId, score, ...who }) =>
      notify.one(who, 'producerScore', { producerId, score }),
    ),
    events.on('producerPaused', ({ producerId, by, ...who }) => {
      if (by.kind !== 'peer') notify.one(who, 'producerPaused', { producerId, reason: by.kind });
    }),
    events.on('producerAllowed', ({ producerId, by, ...who }) =>
      notify.one(who, 'producerResumed', { producerId, reason: by.kind }),
    ),
    events.on('producerClosed', ({ roomId, peerId, producerId, reason }) => {
      notify.some(roomId, 'producerGone', { peerId, producerId }, choosers(peerId));
      if (reason !== 'peer') notify.one({ roomId, peerId }, 'producerClosed', { producerId, reason });
    }),
    events.on('dataProducerClosed', ({ dataProducerId, reason, ...who }) => {
      if (reason !== 'peer') notify.one(who, 'dataProducerClosed', { dataProducerId, reason });
    }),
  ];
}

function followConsumers(events: SfuBus, notify: Notifier) {
  return [
    events.on('consumerScore', ({ consumerId, score, ...who }) =>
      notify.one(who, 'consumerScore', { consumerId, score }),
    ),
    events.on('consumerPaused', ({ consumerId, by, ...who }) => {
      if (by !== 'peer') notify.one(who, 'consumerPaused', { consumerId });
    }),
    events.on('consumerResumed', ({ consumerId, by, ...who }) => {
      if (by !== 'peer') notify.one(who, 'consumerResumed', { consumerId });
    }),
    events.on('consumerLayers', ({ consumerId, layers, ...who }) =>
      notify.one(who, 'consumerLayersChanged', {
        consumerId,
        spatialLayer: layers?.spatialLayer ?? null,
        temporalLayer: layers?.temporalLayer ?? null,
        layers: layers ?? null,
      }),
    ),
    events.on('consumerClosed', ({ consumerId, reason, ...who }) => {
      if (reason !== 'peer' && reason !== 'rejected')
        notify.one(who, 'consumerClosed', { consumerId, reason });
    }),
    events.on('dataConsumerClosed', ({ dataConsumerId, reason, ...who }) => {
      if (reason !== 'rejected') notify.one(who, 'dataConsumerClosed', { dataConsumerId, reason });
    }),
  ];
}

function followRoom(events: SfuBus, notify: Notifier) {
  return [
    events.on('roomLocked', ({ roomId, locked }) => notify.room(roomId, 'roomLocked', { locked })),
    events.on('roomNotice', ({ roomId, message }) => notify.room(roomId, 'notice', { message })),
    events.on('activeSpeaker', ({ roomId, peerId, volume }) =>
      notify.room(roomId, 'activeSpeaker', { peerId, volume }),
    ),
    events.on('speakingPeers', ({ roomId, volumes }) =>
      notify.room(roomId, 'speakingPeers', {
        peerVolumes: volumes.map(({ peerId, volume }) => ({ peerId, volume })),
      }),
    ),
  ];
}

function followNode(events: SfuBus, notify: Notifier, { now, random }: NotifyOptions) {
  return [
    events.on('drainStarted', ({ deadline }) =>
      // Spread, so that a whole node's clients do not arrive elsewhere in the same second.
      notify.node('draining', () => ({
        deadline,
        reconnectAfterMs: Math.round(random() * Math.max(0, deadline - now())),
      })),
    ),
    events.on('drainCancelled', () => notify.node('drainCancelled', () => ({}))),
  ];
}
