import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Attributes } from '../core/attributes.ts';
import { PeerMessage } from '../core/peer-messages.ts';
import { reactions } from '../core/reactions.ts';
import { Id, Nothing, oneOf, orNull, Source, StableWord } from '../core/schemas.ts';
import { ConsumerLayers, ConsumerScore, ProducerScore, RtpCapabilities } from '../wire/rtp.ts';
import { ConsumerInfo, DataConsumerInfo, TransportInfo } from './media-schemas.ts';
import { ClientNode } from './nodes.ts';
import { Metadata, PeerInfo, PeerQuality, ProducerInfo, Publish, RosterChanges } from './peer-schemas.ts';

/**
 * The messages of the signaling socket: JSON text frames in protoo's envelope, so that clients of protoo work
 * unchanged. docs/protocol.md is generated from this file and from methods/.
 */

const reason = StableWord;
const message = <T extends TSchema>(data: T, doc: string) => ({ data, doc });

/** Requests of the server; the client replies {} to accept, an error to refuse. */
export const serverRequests = {
  newConsumer: message(
    ConsumerInfo,
    'Another peer publishes. The consumer starts when you accept this and is closed when you refuse it.',
  ),
  newDataConsumer: message(
    DataConsumerInfo,
    'Another peer publishes data. Accept or refuse it like newConsumer.',
  ),
} as const;

export const Reaction = oneOf(reactions);

const Volume = Type.Object({
  peerId: Id,
  volume: Type.Integer({ description: 'dBov, -127 (silent) to 0 (RFC 6464)' }),
});

/** Notifications of the server. */
export const notifications = {
  'mediasoup-version': message(
    Type.Object({ version: Type.String() }),
    'The version of mediasoup, for clients that read it under this name.',
  ),
  mediasoupVersion: message(Type.Object({ version: Type.String() }), 'The version of mediasoup.'),
  welcome: message(
    Type.Object({
      routerRtpCapabilities: RtpCapabilities,
      sendTransport: Type.Optional(TransportInfo),
      recvTransport: Type.Optional(TransportInfo),
      peers: Type.Array(PeerInfo),
      version: Type.String({ description: 'of mediasoup' }),
      nodes: Type.Optional(
        Type.Array(ClientNode, { description: 'of the mesh, where the room can be joined too' }),
      ),
    }),
    'Everything that a client needs to start, if it connected with `?fast=1`: it continues with join, connectWebRtcTransport and produce without waiting in between. A transport is missing when the token does not allow its use.',
  ),
  resumeTicket: message(
    Type.Object({
      ticket: Type.String({ description: 'to be shown once, on another socket' }),
      seconds: Type.Integer({ description: 'how long the peer stays when this socket is cut' }),
    }),
    'The first ticket of a client that connected with `?resume=1`: keep it in memory.',
  ),
  resumed: message(
    Type.Object({
      ticket: Type.String({ description: 'the next one' }),
      seconds: Type.Integer(),
      received: Type.Integer({
        description: 'how many of your frames the server has: send the later ones again',
      }),
      missed: Type.Boolean({
        description:
          'more was told than is kept: `rejoin` follows, what you asked stays unanswered, and both sides count from zero',
      }),
    }),
    'The first message on a socket that resumes. It is not counted; what you missed follows in order.',
  ),
  invalidMessage: message(
    Type.Object({ reason: Type.String() }),
    'A frame of yours could not be read and has no id to reply to. After several of them the socket is closed with 1008.',
  ),
  newPeer: message(
    PeerInfo,
    'A peer joined. With `?roster=1` you get `rosterChanged` instead of this, peerAway, peerLeft and what else tells of one peer.',
  ),
  rosterChanged: message(
    RosterChanges,
    'What changed among the peers since the last one, at most four times a second, and before a message in which a peer is named that is new. Sent to clients that connected with `?roster=1`. Of the audience it has only the number.',
  ),
  peerAway: message(
    Type.Object({ peerId: Id, away: Type.Boolean() }),
    'The connection of a peer has been cut for some seconds, and its media goes on as far as its network lets it; or it is back. It leaves when it is not back in time.',
  ),
  peerClosed: message(Type.Object({ peerId: Id, reason }), 'A peer left the call.'),
  peerLeft: message(
    Type.Object({ peerId: Id, reason }),
    'The same as peerClosed, under the name of the server protocol. With the reason `rejoin` the peer should be back in a moment; if it leaves meanwhile, peerLeft is sent again with the reason.',
  ),
  peerDisplayNameChanged: message(
    Type.Object({ peerId: Id, displayName: Type.String(), oldDisplayName: Type.String() }),
    'A peer changed its name.',
  ),
  peerMetadataChanged: message(
    Type.Object({ peerId: Id, metadata: Metadata }),
    'Your application changed the metadata of a peer, perhaps yours: these are all of them.',
  ),
  peerAttributesChanged: message(
    Type.Object({ peerId: Id, attributes: Attributes }),
    'The attributes of a peer, perhaps yours, were changed by itself, a moderator or your application: these are all of them.',
  ),
  newProducer: message(
    Type.Object({ peerId: Id, ...ProducerInfo.properties }),
    'A peer publishes. Sent only to peers that joined with autoSubscribe false or videoLimit; they may consume or watch it.',
  ),
  producerGone: message(
    Type.Object({ peerId: Id, producerId: Id }),
    'A publication ended. Sent only to peers that joined with autoSubscribe false or videoLimit.',
  ),
  producerScore: message(
    Type.Object({ producerId: Id, score: Type.Array(ProducerScore) }),
    'How well the server receives your producer.',
  ),
  producerPaused: message(
    Type.Object({ producerId: Id, reason }),
    'A moderator or the server paused your producer.',
  ),
  producerResumed: message(
    Type.Object({ producerId: Id, reason }),
    'You may resume the producer that a moderator paused. It stays paused until you do.',
  ),
  producerClosed: message(
    Type.Object({ producerId: Id, reason }),
    'A moderator or the server closed your producer, or its transport ended.',
  ),
  dataProducerClosed: message(
    Type.Object({ dataProducerId: Id, reason }),
    'The server closed your data producer, or its transport ended.',
  ),
  dataProducerReady: message(
    Type.Object({ dataProducerId: Id, ready: Type.Boolean() }),
    'Whether everyone who is in the call receives what your data producer sends now. While it is false, keep messages that everyone should get: the server forwards each at once or not at all. Nobody is waited for longer than ten seconds. Only with `?fast=1`.',
  ),
  consumerScore: message(
    Type.Object({ consumerId: Id, score: ConsumerScore }),
    'How well you receive a consumer.',
  ),
  consumerPaused: message(Type.Object({ consumerId: Id }), 'The sender paused what you receive.'),
  consumerResumed: message(Type.Object({ consumerId: Id }), 'The sender resumed what you receive.'),
  consumerClosed: message(Type.Object({ consumerId: Id, reason }), 'The server closed your consumer.'),
  consumerLayersChanged: message(
    Type.Object({
      consumerId: Id,
      spatialLayer: Type.Union([Type.Integer(), Type.Null()]),
      temporalLayer: Type.Union([Type.Integer(), Type.Null()]),
      layers: Type.Union([ConsumerLayers, Type.Null()]),
    }),
    'The layers that you receive now; null when your bandwidth is too low for any.',
  ),
  dataConsumerClosed: message(
    Type.Object({ dataConsumerId: Id, reason }),
    'The server closed your data consumer.',
  ),
  transportClosed: message(Type.Object({ transportId: Id, reason }), 'The server closed your transport.'),
  activeSpeaker: message(
    Type.Object({
      peerId: Type.Union([Id, Type.Null()]),
      volume: Type.Union([Type.Integer(), Type.Null()], { description: 'dBov' }),
    }),
    'The active speaker; null when nobody speaks.',
  ),
  speakingPeers: message(
    Type.Object({ peerVolumes: Type.Array(Volume) }),
    'The peers that can be heard, the loudest first; empty in silence.',
  ),
  downlinkBwe: message(
    Type.Object({
      transportId: Id,
      desiredBitrate: Type.Integer({ description: 'bits a second that everything you consume needs' }),
      effectiveDesiredBitrate: Type.Integer({ description: 'the same, smoothed over time' }),
      availableBitrate: Type.Integer({ description: 'bits a second that your network allows' }),
    }),
    'The bandwidth estimate of your receiving transport, when it has changed by a tenth, at most once a second. With `?fast=1` you get it only if you add `&downlinkBwe=1` to the address; without the fast join, `&downlinkBwe=0` turns it off, which saves the server a message a second.',
  ),
  peerHand: message(
    Type.Object({
      peerId: Id,
      raisedAt: orNull(Type.Integer(), 'milliseconds since the epoch; null: the hand is down'),
    }),
    'A peer, perhaps you, raised or lowered a hand, or a moderator lowered it.',
  ),
  peerQuality: message(
    PeerQuality,
    'How well media gets through between a peer, perhaps you, and its server, when that changes: the worse of what its client reports and of how the server receives what it sends. At most once a second.',
  ),
  peerReaction: message(Type.Object({ peerId: Id, reaction: Reaction }), 'A peer, perhaps you, reacted.'),
  peerRestrictions: message(
    Type.Object({
      peerId: Id,
      publish: Publish,
      stopped: Type.Boolean({ description: 'a moderator changed what its token grants' }),
      muted: Type.Array(Source, { description: 'sources that a moderator muted' }),
    }),
    'What a peer may publish, and what of it is muted. Sent only to moderators: when it changes, and on join for each peer to whom anything is forbidden.',
  ),
  peerUnreachable: message(
    Type.Object({
      peerId: Id,
      sources: Type.Array(Source, { description: 'all that is missing now; empty when everything comes' }),
    }),
    'What of the media of a peer on another server of a mesh cannot be brought to this one. It is tried again by itself.',
  ),
  peerMessage: message(
    Type.Object({ peerId: Id, message: PeerMessage }),
    'A peer wrote to you with `sendMessage`.',
  ),
  permissionsChanged: message(Type.Object({ publish: Publish }), 'A moderator changed what you may publish.'),
  notice: message(
    Type.Object({ message: Type.String() }),
    'A text from a moderator or operator, for you or for the room.',
  ),
  roomLocked: message(Type.Object({ locked: Type.Boolean() }), 'A moderator locked or unlocked the room.'),
  roomClosed: message(Type.Object({ reason }), 'The room was closed for everyone.'),
  rejoin: message(
    Type.Object({ reason: Type.String({ description: 'worker_died, moved or missed' }) }),
    'Your media on the server is gone, but this socket stays open. Sent to clients that connected with `?rejoin=1` or `?fast=1`; others are closed with 1012. Close your transports, then start again as after connecting: capabilities, transports, join, produce.',
  ),
  draining: message(
    Type.Object({
      deadline: Type.Integer({ description: 'milliseconds since the epoch' }),
      reconnectAfterMs: Type.Integer({ description: 'milliseconds' }),
    }),
    'The server is going to stop: your call continues until the deadline. Connect again after reconnectAfterMs. It is sent again when the deadline is brought forward; the last one counts.',
  ),
  move: message(
    Type.Object({
      url: orNull(Type.String(), 'the http address to go on at; null: choose one of the servers'),
      reason,
    }),
    'Go on at another server of the mesh, without a gap: connect there with your ticket and `?moving=1`, join and publish as ever, and send `commitMove` when your media is there. This connection works until then. Sent only to clients that connected with `?move=1`.',
  ),
  drainCancelled: message(Nothing, 'The server is not going to stop after all.'),
} as const;

export type NotificationName = keyof typeof notifications;
export type NotificationData<N extends NotificationName> = Static<(typeof notifications)[N]['data']>;
export type ServerRequestName = keyof typeof serverRequests;
export type ServerRequestData<N extends ServerRequestName> = Static<(typeof serverRequests)[N]['data']>;
