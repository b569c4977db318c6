import type { SfuEventName } from '../sfu/events.ts';
import type { SignalingEventName } from '../signaling/events.ts';

/** Where people and programs can learn of an event. */
export const channels = {
  log: 'a line of the log',
  notification: 'a notification to clients ([protocol.md](protocol.md))',
  webhook: 'a public event, by webhook or on the control socket ([webhooks.md](webhooks.md))',
  timeline: 'a line in the timelines of the dashboard ([admin.md](admin.md))',
  metric: 'a metric ([metrics.md](metrics.md))',
  trace: 'a span, when an OpenTelemetry collector is configured',
} as const;

export type Channel = keyof typeof channels;

/** What an event means and where it is reported. One that is reported nowhere says why. */
export type EventReport = { readonly means: string } & (
  | { readonly in: readonly [Channel, ...Channel[]] }
  | { readonly in: readonly []; readonly because: string }
);

/** Where every event of the domain is reported. Its test compares this with what each channel subscribes to. */
export const sfuReports = {
  workerStarted: { means: 'A media worker runs.', in: ['log', 'webhook', 'timeline', 'metric'] },
  workerDied: { means: 'A media worker ended by itself.', in: ['log', 'webhook', 'timeline', 'metric'] },
  workerFailed: {
    means: 'A media worker could not be started; it is tried again.',
    in: ['log', 'timeline'],
  },

  roomOpened: { means: 'A room was opened.', in: ['log', 'webhook', 'timeline', 'metric'] },
  roomSpread: { means: 'A room uses one more worker.', in: ['log', 'timeline'] },
  roomChanged: { means: 'The options of a room were changed.', in: ['webhook'] },
  roomLocked: {
    means: 'A room was locked or unlocked.',
    in: ['log', 'notification', 'webhook', 'timeline'],
  },
  roomNotice: { means: 'A text was sent to everyone in a room.', in: ['notification', 'timeline'] },
  roomClosed: { means: 'A room was closed.', in: ['log', 'webhook', 'timeline', 'metric'] },

  peerConnected: { means: 'A peer entered a room and has not joined yet.', in: ['metric'] },
  peerJoined: {
    means: 'A peer joined the call.',
    in: ['log', 'notification', 'webhook', 'timeline', 'metric'],
  },
  peerRenamed: {
    means: 'A peer has another display name.',
    in: ['notification', 'webhook', 'timeline'],
  },
  peerRejoin: {
    means: 'A peer has to join again: its worker died, or its room was moved.',
    in: ['log', 'notification', 'timeline', 'metric'],
  },
  peerRejoined: {
    means: 'A peer that had to join again is back in the call.',
    in: ['log', 'notification', 'timeline'],
  },
  peerAway: {
    means: 'The connection of a peer has been cut for some seconds; its media goes on.',
    in: ['log', 'notification', 'timeline'],
  },
  peerBack: {
    means: 'The connection of a peer that was away is there again.',
    in: ['log', 'notification', 'timeline'],
  },
  peerMovedHere: {
    means: 'A peer of another node goes on on this one.',
    in: ['log', 'notification', 'timeline', 'metric'],
  },
  peerMovedAway: {
    means: 'A peer goes on on another node.',
    in: ['log', 'notification', 'timeline', 'metric'],
  },
  peerDeparted: {
    means: 'Nothing is left on this node of a peer that moved away.',
    in: [],
    because: 'it is a moment after peerMovedAway',
  },
  peerMoveFailed: {
    means: 'A peer of another node had arrived on this one, and goes on where it was.',
    in: ['log', 'timeline', 'metric'],
  },
  peerListed: {
    means:
      'One of the audience is known to the others from now on: it may publish, does, or raised its hand.',
    in: ['notification'],
  },
  peerHand: { means: 'The hand of a peer was raised or lowered.', in: ['notification'] },
  peerQuality: {
    means: 'Media gets through better or worse between a peer and its server than before.',
    in: ['notification'],
  },
  peerReacted: { means: 'A peer reacted to what it sees or hears.', in: ['notification'] },
  peerPermissionsChanged: {
    means: 'What a peer may publish was changed.',
    in: ['notification', 'webhook', 'timeline'],
  },
  peerMetadataChanged: {
    means: 'The metadata of a peer were changed.',
    in: ['notification', 'webhook'],
  },
  peerAttributesChanged: {
    means: 'The attributes of a peer were changed, by itself, a moderator or a program.',
    in: ['notification', 'webhook'],
  },
  peerMessage: { means: 'A peer wrote to one peer.', in: ['notification'] },
  peerNotice: { means: 'A text was sent to one peer.', in: ['notification', 'timeline'] },
  peerLeft: {
    means: 'A peer left its room, joined or not.',
    in: ['log', 'notification', 'webhook', 'timeline', 'metric'],
  },

  peerMediaFailed: {
    means: 'A peer left that could not have all the media that it wanted; the line of peerLeft says it too.',
    in: ['webhook'],
  },

  transportOpened: { means: 'A transport was opened.', in: ['metric'] },
  transportIceState: {
    means: 'The ICE state of a transport changed.',
    in: [],
    because: 'the dashboard shows the state; transportConnected and transportClosed report what it leads to',
  },
  transportDtlsState: {
    means: 'The DTLS state of a transport changed.',
    in: [],
    because: 'transportConnected and transportClosed report what it leads to',
  },
  transportSctpState: {
    means: 'The SCTP state of a transport changed.',
    in: [],
    because: 'clients see the state of their data channels themselves',
  },
  transportConnected: {
    means: 'A transport is connected for the first time.',
    in: ['log', 'timeline', 'metric'],
  },
  transportWaits: {
    means: 'A client has tried to connect a transport for 15 seconds in vain, and may still succeed.',
    in: ['log', 'timeline', 'metric'],
  },
  transportBandwidth: {
    means: 'The bandwidth estimate of a receiving transport changed.',
    in: ['notification'],
  },
  transportClosed: {
    means: 'A transport was closed.',
    in: ['log', 'notification', 'timeline', 'metric'],
  },

  producerOpened: {
    means: 'A peer publishes audio or video.',
    in: ['log', 'notification', 'webhook', 'timeline', 'metric'],
  },
  producerPaused: {
    means: 'A producer was paused, by its peer or a moderator.',
    in: ['notification', 'webhook', 'timeline'],
  },
  producerResumed: { means: 'A producer was resumed.', in: ['webhook', 'timeline'] },
  producerAllowed: {
    means: "A moderator's mute ended: the peer may resume.",
    in: ['notification', 'timeline'],
  },
  producerScore: { means: 'The score of a producer changed.', in: ['notification', 'metric'] },
  producerClosed: {
    means: 'A producer was closed.',
    in: ['log', 'notification', 'webhook', 'timeline'],
  },

  consumerOpened: { means: 'A peer receives a producer of another.', in: ['webhook'] },
  consumerPaused: { means: 'A consumer was paused.', in: ['notification'] },
  consumerResumed: { means: 'A consumer was resumed.', in: ['notification'] },
  consumerScore: { means: 'The score of a consumer changed.', in: ['notification'] },
  consumerLayers: { means: 'A consumer gets other layers.', in: ['notification', 'metric'] },
  consumerClosed: { means: 'A consumer was closed.', in: ['notification', 'webhook'] },

  dataProducerOpened: { means: 'A peer publishes a data channel.', in: ['notification', 'webhook'] },
  dataProducerClosed: { means: 'A published data channel was closed.', in: ['notification', 'webhook'] },
  dataProducerReady: {
    means: 'Everyone receives a data producer now, or somebody came who does not yet.',
    in: ['notification'],
  },
  dataConsumerOpened: {
    means: 'A peer receives a data channel of another.',
    in: [],
    because: 'its client is asked to accept it by the request newDataConsumer',
  },
  dataConsumerClosed: { means: 'A received data channel was closed.', in: ['notification'] },

  activeSpeaker: {
    means: 'Another peer speaks loudest, or nobody speaks any more.',
    in: ['notification', 'webhook', 'metric'],
  },
  speakingPeers: {
    means: 'The volumes of those who speak, while somebody does.',
    in: ['notification', 'metric'],
  },

  drainStarted: {
    means: 'The node takes no new rooms and ends its calls at a deadline.',
    in: ['log', 'notification', 'webhook', 'timeline'],
  },
  drainCancelled: {
    means: 'The node takes new rooms again.',
    in: ['log', 'notification', 'webhook', 'timeline'],
  },
  drainEnded: { means: 'The drain is over.', in: ['log', 'webhook'] },
} as const satisfies Record<SfuEventName, EventReport>;

/** Where every event of signaling is reported. */
export const signalingReports = {
  requestHandled: { means: 'A message of a client was answered.', in: ['metric', 'trace'] },
  connectionRefused: {
    means: 'A connection, or a request of WHIP or WHEP, was refused.',
    in: ['log', 'timeline', 'metric'],
  },
  socketOpened: { means: 'A client opened its socket.', in: ['metric'] },
  socketClosed: { means: 'The socket of a client closed.', in: ['metric'] },
  resumed: { means: 'A client goes on over another socket.', in: ['log', 'metric'] },
  resumeRefused: { means: 'A ticket to resume with was refused.', in: ['log', 'metric'] },
  resumeExpired: { means: 'A client that could have resumed was not back in time.', in: ['metric'] },
  moveGap: {
    means: 'A client that moved here from another node says how long a track was missing.',
    in: ['metric'],
  },
  socketDropped: {
    means: 'The server dropped a socket for what its client did.',
    in: ['log', 'timeline', 'metric'],
  },
} as const satisfies Record<SignalingEventName, EventReport>;

/** The names of those events of a table that a channel reports. */
export type ReportedIn<C extends Channel, Table extends Readonly<Record<string, EventReport>>> = {
  [N in keyof Table]: C extends Table[N]['in'][number] ? N : never;
}[keyof Table];
