import type { Clock } from '../core/clock.ts';
import { isFailure } from '../core/ends.ts';
import type { SfuBus, Volume } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Broadcast } from '../wire/broadcast.ts';
import type { Connection } from './connection.ts';
import type { SignalingCounts } from './counts.ts';
import { Groups, type GroupsOptions } from './groups.ts';
import { Notifier } from './notifier.ts';
import { Restrictions } from './restrictions.ts';
import { followRoster } from './roster.ts';
import { RosterFeed } from './roster-feed.ts';
import { followUnreachable } from './unreachable.ts';

export interface NotifyOptions extends GroupsOptions {
  /** What happens on other nodes. */
  remoteEvents: RemoteBus;
  broadcast: Pick<Broadcast, 'send'>;
  counts: SignalingCounts;
  clock: Clock;
  /** After how many milliseconds a client connects elsewhere by itself, of so many until the deadline of a drain. */
  fallback: (connection: Connection, remaining: number) => number;
}

/** Turns domain events into notifications for those whom they concern. @returns a function that stops it */
export function startNotifications(options: NotifyOptions): () => void {
  const { events, rooms, clock } = options;
  const groups = new Groups(options);
  const notify = new Notifier({ ...options, groups });
  const restrictions = new Restrictions({ ...options, notify });
  const feed = new RosterFeed({
    rooms,
    clock,
    send: (roomId, changes) => notify.together(roomId, 'rosterChanged', changes),
    onListed: (room, peers) => restrictions.tellOf(room, peers),
  });
  const stops = [
    ...groups.follow(),
    ...followRoster({ ...options, feed }, notify),
    ...followPeers(events, notify),
    ...followProducers(events, notify, options),
    ...followConsumers(events, notify),
    ...followRoom(events, notify, options),
    ...followOtherNodes(options, notify),
    ...followUnreachable(options.remoteEvents, { notify, rooms, feed }),
    ...followNode(events, notify, options),
    ...restrictions.follow(),
    () => feed.close(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function followPeers(events: SfuBus, notify: Notifier) {
  return [
    events.on('peerReacted', ({ roomId, peerId, reaction }) =>
      notify.room(roomId, 'peerReaction', { peerId, reaction }),
    ),
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
      if (isFailure(reason))
        notify.needed(who, 'transportClosed', data, `a connection of your media failed (${reason})`);
      else notify.one(who, 'transportClosed', data);
    }),
  ];
}

function followProducers(events: SfuBus, notify: Notifier, { rooms }: NotifyOptions) {
  return [
    events.on('producerOpened', ({ roomId, peerId, producerId, kind, source, paused }) => {
      const { replaces } = rooms.get(roomId)?.published.media.get(producerId)?.info ?? {};
      const data = { peerId, producerId, kind, source, paused, ...(replaces && { replaces }) };
      notify.group(roomId, 'choosers', 'newProducer', data, peerId);
    }),
    events.on('producerScore', ({ producerId, score, ...who }) =>
      notify.one(who, 'producerScore', { producerId, score }),
    ),
    events.on('producerPaused', ({ producerId, by, ...who }) => {
      if (by.kind !== 'peer') notify.one(who, 'producerPaused', { producerId, reason: by.kind });
    }),
    events.on('producerAllowed', ({ producerId, by, ...who }) =>
      notify.one(who, 'producerResumed', { producerId, reason: by.kind }),
    ),
    events.on('producerClosed', ({ producerId, reason, ...who }) => {
      const { roomId, peerId } = who;
      notify.group(roomId, 'choosers', 'producerGone', { peerId, producerId }, peerId);
      if (reason !== 'peer') notify.one(who, 'producerClosed', { producerId, reason });
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
    const { peerId, id: producerId, kind, source, pausedBy, replaces } = info;
    const opened = { peerId, producerId, kind, source, paused: pausedBy.size > 0 };
    const told = { ...opened, ...(replaces && { replaces }) };
    notify.group(data.roomId, 'choosers', 'newProducer', told, peerId);
  };
  const gone = ({ roomId, peerId, producerId }: { roomId: string; peerId: string; producerId: string }) =>
    notify.group(roomId, 'choosers', 'producerGone', { peerId, producerId }, peerId);
  return [
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

function followNode(events: SfuBus, notify: Notifier, { clock, fallback }: NotifyOptions) {
  return [
    events.on('drainStarted', ({ deadline }) =>
      notify.node('draining', (connection) => ({
        deadline,
        reconnectAfterMs: fallback(connection, Math.max(0, deadline - clock.now())),
      })),
    ),
    events.on('drainCancelled', () => notify.node('drainCancelled', () => ({}))),
  ];
}
