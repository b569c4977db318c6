import type {
  NotificationData,
  NotificationName,
  ServerRequestData,
  ServerRequestName,
} from '../src/signaling/messages.ts';
import type { MethodName, MethodParams, MethodResult } from '../src/signaling/methods/index.ts';
import type { maxResumed } from '../src/signaling/methods/resumeConsumers.ts';
import type { maxAddressees as MaxAddressees } from '../src/signaling/methods/sendMessage.ts';
import type { maxWatched } from '../src/signaling/methods/watch.ts';
import type {
  closeComesBack as CloseComesBack,
  closeRefused as CloseRefused,
  maxFrameBytes as MaxFrameBytes,
  resumePrefix as ResumePrefix,
  subProtocol as SubProtocol,
  tokenPrefix as TokenPrefix,
} from '../src/wire/envelope.ts';

/**
 * The protocol as the client sees it. Only types are imported from the server, so the bundle has none of its code.
 */
export type { MethodName, MethodParams, MethodResult, NotificationData, ServerRequestData };

/** Any notification; `method` determines the type of `data`. */
export type Notification = {
  [N in NotificationName]: { readonly method: N; readonly data: NotificationData<N> };
}[NotificationName];

/** Any request of the server. */
export type ServerRequest = {
  [N in ServerRequestName]: { readonly method: N; readonly data: ServerRequestData<N> };
}[ServerRequestName];

export type ConsumerInfo = ServerRequestData<'newConsumer'>;
export type DataConsumerInfo = ServerRequestData<'newDataConsumer'>;
export type PeerInfo = NotificationData<'newPeer'>;
export type JoinResult = MethodResult<'join'>;
export type ProducerInfo = JoinResult['peers'][number]['producers'][number];
export type Permissions = NonNullable<JoinResult['permissions']>;
export type AttributeChanges = Readonly<MethodParams<'setAttributes'>['attributes']>;
/** What peers write to each other by name. */
export type PeerMessage = NotificationData<'peerMessage'>['message'];
export type Undelivered = MethodResult<'sendMessage'>;
export type Reaction = NotificationData<'peerReaction'>['reaction'];
export type BanOptions = NonNullable<MethodParams<'removePeer'>['ban']>;
export type ServerSource = NonNullable<MethodParams<'muteAll'>['source']>;
export type TransportInfo = MethodResult<'createWebRtcTransport'>;

// The types are the server's literals, so that a change there does not compile here.
export const subProtocol: typeof SubProtocol = 'protoo';
/** Prefix of the sub-protocol entry that carries the token. */
export const tokenPrefix: typeof TokenPrefix = 'bearer.';
/** Prefix of the sub-protocol entry that carries the ticket with which a connection goes on. */
export const resumePrefix: typeof ResumePrefix = 'resume.';
/** The close code of a socket that we give up and follow with another one. */
export const closeComesBack: typeof CloseComesBack = 4001;
/** The close code of a refusal or a removal: the client must not reconnect by itself. */
export const closeRefused: typeof CloseRefused = 4000;
/** The largest frame that the server takes, in bytes. */
export const maxFrameBytes: typeof MaxFrameBytes = 65_536;
/** The most consumers that one `resumeConsumers` takes. */
export const maxResumedConsumers: typeof maxResumed = 1024;
/** The most videos that one `watch` takes. */
export const maxVideos: typeof maxWatched = 1024;
/** The most peers to which one `sendMessage` goes. */
export const maxAddressees: typeof MaxAddressees = 32;
