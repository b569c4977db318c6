/**
 * The client library of Tureen. Its only dependency is
 * https://mediasoup.org/documentation/v3/mediasoup-client/.
 */
export type { Backoff } from './backoff.ts';
export type { CallState } from './call-types.ts';
export { Channel, type ChannelData, type ChannelOptions } from './channels.ts';
export { TureenClient } from './client.ts';
export type { Level, TureenClientEvents } from './client-events.ts';
export type { Timing, TureenClientOptions } from './client-options.ts';
export {
  type DeviceChoice,
  type DeviceKind,
  type DeviceLists,
  listDevices,
  openCamera,
  openMicrophone,
  openScreen,
  watchDevices,
} from './devices.ts';
export type { EncodingOptions } from './encodings.ts';
export { ClientError, type ClientErrorCode } from './errors.ts';
export type { LayerCounts, Layers } from './layers.ts';
export type { TokenSource } from './lifeline-options.ts';
export { type CallNumbers, Meter, type PathNumbers, type TrackNumbers } from './meter.ts';
export { ScreenShare } from './own-media.ts';
export { type MessageHandler, PeerMessages, type PeerMessagesHost } from './peer-messages.ts';
export type {
  AttributeChanges,
  BanOptions,
  PeerMessage,
  Permissions,
  ProducerInfo,
  Reaction,
  Undelivered,
} from './protocol.ts';
export { Publication, type PublicationEvents, type PublicationOptions } from './publication.ts';
export type { Quality, QualityCause, QualityLevel } from './quality.ts';
export {
  type Attributes,
  type DeviceInfo,
  type Metadata,
  RemotePeer,
  type Restrictions,
  type Unreachable,
} from './remote-peer.ts';
export { RemoteTrack, type RemoteTrackEvents } from './remote-track.ts';
export { type ServerChoice, type ServerInfo, Servers } from './servers.ts';
export type { TrackSource } from './sources.ts';
export type { Direction } from './transports.ts';
