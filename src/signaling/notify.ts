import type { SfuBus, Volume } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { describePeer } from './describe.ts';
import { Notifier, type NotifierOptions, type Who } from './notifier.ts';
import { followRestrictions } from './restrictions.ts';
import { followUnreachable } from './unreachable.ts';

export interface NotifyOptions extends NotifierOptions {
  events: SfuBus;
  /** What happens on other nodes. */
  remoteEvents: RemoteBus;
  now: () => number;
  random: () => number;
}

/** Turns domain events into notifications for those whom they concern. @returns a function that stops it */
export function startNotifications(options: NotifyOptions): () => void {
  const { events } = options;
  const notify = new Notifier(options);
  const stops = [
    ...followPeers(events, notify, options),
    ...followProducers(events, notify),
    ...followConsumers(events, notify),
    ...followRoom(events, notify, options),
    ...followOtherNodes(options, notify),
    ...followUnreachable(options.remoteEvents, notify, options.rooms),
    ...followNode(events, notify, options),
    ...followRestrictions(options, notify),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Wherever a peer was. Clients that know only peerClosed do not wait for one that rejoins, and forgot it then. */
function peerLeft(
  notify: Notifier,
  { roomId, peerId }: Who,
  { reason, rejoining }: { reason: string; rejoining: boolean },
): void {
  if (!rejoining) notify.room(roomId, 'peerClosed', { peerId, reason }, peerId);
  notify.room(roomId, 'peerLeft', { peerId, reason }, peerId);
}

function tellAway(
  notify: Notifier,
  { roomId, peerId, hidden }: Who & { hidden: boolean },
  away: boolean,
): void {
  if (!hidden) notify.room(roomId, 'peerAway', { peerId, away }, peerId);
}

/** Those who ask for what they receive. */
const choosersBut = (but: string) => (peer: Peer) =>
  peer.id !== but && peer.state.name === 'joined' && !peer.state.autoSubscribe;

function followPeers(events: SfuBus, notify: Notifier, { rooms }: NotifyOptions) {
  const came = ({ roomId, peerId, hidden }: Who & { readonly hidden: boolean }) => {
    const peer = rooms.get(roomId)?.peers.get(peerId);
    if (peer && !hidden) notify.room(roomId, 'newPeer', describePeer(peer), peerId);
  };
  return [
    events.on('peerJoined', came),
    events.on('peerRejoined', came),
    events.on('peerLeft', ({ reason, joined, rejoining, hidden, ...who }) => {
      if (joined && !hidden) peerLeft(notify, who, { reason, rejoining });
    }),
    events.on('peerRejoin', ({ reason, joined, hidden, ...who }) => {
      if (joined && !hidden) peerLeft(notify, who, { reason: 'rejoin', rejoining: false });
      notify.one(who, 'rejoin', { reason });
    }),
    events.on('peerAway', (who) => tellAway(notify, who, true)),
    events.on('peerBack', (who) => tellAway(notify, who, false)),
    events.on('peerRenamed', ({ roomId, peerId, displayName, oldDisplayName, hidden }) => {
      if (!hidden)
        notify.room(roomId, 'peerDisplayNameChanged', { peerId, displayName, oldDisplayName }, peerId);
    }),
    events.on('peerMetadataChanged', ({ roomId, peerId, metadata }) => {
      const peer = rooms.get(roomId)?.peers.get(peerId);
      if (peer?.joined && !peer.hidden) notify.room(roomId, 'peerMetadataChanged', { peerId, metadata });
    }),
    events.on('peerAttributesChanged', ({ roomId, peerId, attributes, hidden }) => {
      const peer = rooms.get(roomId)?.peers.get(peerId);
      if (peer?.joined && !hidden) notify.room(roomId, 'peerAttributesChanged', { peerId, attributes });
    }),
    events.on('peerHand', ({ roomId, peerId, raisedAt }) =>
      notify.room(roomId, 'peerHand', { peerId, raisedAt }),
    ),
    events.on('peerReacted', ({ roomId, peerId, reaction }) =>
      notify.room(roomId, 'peerReaction', { peerId, reaction }),
    ),
    events.on('peerPermissionsChanged', ({ publish, ...who }) =>
      notify.one(who, 'permissionsChanged', {
        publish: typeof publish === 'boolean' ? publish : [...publish],
      }),
    ),
    events.on('peerMessage', ({ from, message, ...who }) =>
      notify.one(who, 'peerMessage', { peerId: from, message }),
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
  return [
    events.on('producerOpened', ({ roomId, peerId, producerId, kind, source, paused }) =>
      notify.some(roomId, 'newProducer', { peerId, producerId, kind, source, paused }, choosersBut(peerId)),
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
      notify.some(roomId, 'producerGone', { peerId, producerId }, choosersBut(peerId));
      if (reason !== 'peer') notify.one({ roomId, peerId }, 'producerClosed', { producerId, reason });
    }),
    events.on('dataProducerReady', ({ dataProducerId, ready, ...who }) =>
      notify.one(who, 'dataProducerReady', { dataProducerId, ready }),
    ),
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

function followRoom(events: SfuBus, notify: Notifier, { rooms }: NotifyOptions) {
  return [
    events.on('roomLocked', ({ roomId, locked }) => notify.room(roomId, 'roomLocked', { locked })),
    events.on('roomNotice', ({ roomId, message }) => notify.room(roomId, 'notice', { message })),
    events.on('activeSpeaker', ({ roomId, peerId, volume }) => {
      // Of a room on several nodes one node elects the speaker; on the others this is what it was for itself.
      if (!rooms.get(roomId)?.mesh?.speakers.follows)
        notify.room(roomId, 'activeSpeaker', { peerId, volume });
    }),
    events.on('speakingPeers', ({ roomId, volumes }) => {
      // Of a room on several nodes roomVolumes has those of all.
      if (!rooms.get(roomId)?.mesh?.speakers.shared) tellVolumes(notify, roomId, volumes);
    }),
  ];
}

function tellVolumes(notify: Notifier, roomId: string, volumes: readonly Volume[]): void {
  const peerVolumes = volumes.map(({ peerId, volume }) => ({ peerId, volume }));
  notify.room(roomId, 'speakingPeers', { peerVolumes });
}

/** What happens on other nodes is told to the peers of this one as if it happened here. */
function followOtherNodes({ remoteEvents: events, rooms }: NotifyOptions, notify: Notifier) {
  const published = (data: { roomId: string; peerId: string; producerId: string }) => {
    const peer = rooms.get(data.roomId)?.mesh?.roster.peers.get(data.peerId);
    const info = peer?.publications.get(data.producerId)?.info;
    if (!info) return;
    const { peerId, id: producerId, kind, source, pausedBy } = info;
    const paused = pausedBy.size > 0;
    notify.some(
      data.roomId,
      'newProducer',
      { peerId, producerId, kind, source, paused },
      choosersBut(peerId),
    );
  };
  const gone = ({ roomId, peerId, producerId }: { roomId: string; peerId: string; producerId: string }) =>
    notify.some(roomId, 'producerGone', { peerId, producerId }, choosersBut(peerId));
  return [
    events.on('remotePeerJoined', ({ roomId, peerId, hidden }) => {
      const peer = rooms.get(roomId)?.mesh?.roster.peers.get(peerId);
      if (peer && !hidden) notify.room(roomId, 'newPeer', describePeer(peer));
    }),
    events.on('remotePeerLeft', ({ reason, joined, rejoining, hidden, ...who }) => {
      if (joined && !hidden) peerLeft(notify, who, { reason, rejoining });
    }),
    events.on('remotePeerRenamed', ({ roomId, peerId, displayName, oldDisplayName, hidden }) => {
      if (!hidden) notify.room(roomId, 'peerDisplayNameChanged', { peerId, displayName, oldDisplayName });
    }),
    events.on('remotePeerMetadata', ({ roomId, peerId, metadata, hidden }) => {
      if (!hidden) notify.room(roomId, 'peerMetadataChanged', { peerId, metadata });
    }),
    events.on('remotePeerAttributes', ({ roomId, peerId, attributes, hidden }) => {
      if (!hidden) notify.room(roomId, 'peerAttributesChanged', { peerId, attributes });
    }),
    events.on('remotePeerAway', (who) => tellAway(notify, who, who.away)),
    events.on('remotePeerHand', ({ roomId, peerId, raisedAt }) =>
      notify.room(roomId, 'peerHand', { peerId, raisedAt }),
    ),
    events.on('remotePeerReacted', ({ roomId, peerId, reaction }) =>
      notify.room(roomId, 'peerReaction', { peerId, reaction }),
    ),
    events.on('remoteProducerOpened', published),
    events.on('remoteProducerReachable', published),
    events.on('remoteProducerUnreachable', gone),
    events.on('remoteProducerClosed', gone),
    events.on('remoteRoomLocked', ({ roomId, locked }) => notify.room(roomId, 'roomLocked', { locked })),
    events.on('remoteActiveSpeaker', ({ roomId, peerId, volume }) =>
      notify.room(roomId, 'activeSpeaker', { peerId, volume }),
    ),
    events.on('roomVolumes', ({ roomId, volumes }) => tellVolumes(notify, roomId, volumes)),
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
