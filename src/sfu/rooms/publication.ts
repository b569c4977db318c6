import type { types } from 'mediasoup';
import type { MediaKind, Source } from '../../core/sources.ts';
import type { PeerRef } from '../events.ts';
import type { RoomRouter } from '../media/routers.ts';
import type { Audience } from './audience.ts';

type AppData = Readonly<Record<string, unknown>>;

/** Who holds a publication back. */
export type Holder = 'peer' | 'moderator';

/** What is known of something that a peer publishes, wherever its media is. Plain data. */
export interface PublicationInfo extends PeerRef {
  /** The producer's id, the same on every router. */
  readonly id: string;
  readonly kind: MediaKind;
  readonly source: Source;
  readonly type: types.ProducerType;
  readonly codec: string;
  /** What is sent. mediasoup copies it at every reading, so that it is kept here. */
  readonly rtpParameters: types.RtpParameters;
  readonly appData: AppData;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** Media flows only while nobody holds it. */
  readonly pausedBy: ReadonlySet<Holder>;
  /** Of a peer that moved to another node: the producer there that this one goes on with. */
  readonly replaces?: string;
}

/** Media of another node, which comes here while somebody receives it. */
export interface RemoteMedia {
  /** A consumer was made. */
  received(by: { readonly paused: boolean }): void;
  /** A consumer was paused or resumed. */
  changed(): void;
  /** A consumer has ended. */
  forgotten(by: { readonly paused: boolean }): void;
  /** A consumer could not be made. */
  missed(error: unknown): void;
}

/** Where the media of a publication is: on a router of this node, or of another. */
export interface PublicationHandle {
  readonly closed: boolean;
  /** Makes it available on a router of this node. @returns the id of the producer there @throws SfuError gone */
  bring(to: RoomRouter): Promise<string>;
  /** Whether a receiver with these capabilities could play it. */
  canBePlayed(rtpCapabilities: types.RtpCapabilities): boolean;
  /** The codecs in which receivers can get it. */
  readonly consumableCodecs: readonly types.RtpCodecParameters[];
  /** Asks the worker what comes in. @throws SfuError gone */
  statistics(): Promise<types.ProducerStat[]>;
  /** Calls the listener once, when it ends. */
  onClose(listener: () => void): void;
  /** Of one that has ended with its node, which may come back with it. */
  readonly mayReturn?: boolean;
  /** Of one whose media is on another node. */
  readonly remote?: RemoteMedia;
}

/** Something that is published: what it is, and where its media is. */
export interface Publication {
  readonly info: PublicationInfo;
  readonly handle: PublicationHandle;
}

/** How a data channel delivers (RFC 8831, section 6.1): with a limit of time or of repetitions it may lose messages. */
export interface DataDelivery {
  readonly ordered: boolean;
  /** For how many milliseconds a message is sent again. */
  readonly maxPacketLifeTime: number | null;
  /** How often a message is sent again. */
  readonly maxRetransmits: number | null;
}

type Limits = Pick<DataDelivery, 'maxPacketLifeTime' | 'maxRetransmits'>;

/** Whether nothing that is sent may be lost. */
export function isReliable({ maxPacketLifeTime, maxRetransmits }: Limits): boolean {
  return maxPacketLifeTime === null && maxRetransmits === null;
}

/** What is known of a data channel on which a peer sends. Plain data. */
export interface DataPublicationInfo extends PeerRef {
  readonly id: string;
  readonly label: string;
  readonly protocol: string;
  readonly appData: AppData;
  /** Whether the other peers are offered it. */
  readonly offered: boolean;
  readonly delivery: DataDelivery;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
}

export interface DataPublicationHandle extends Pick<PublicationHandle, 'closed' | 'bring'> {
  /** Of one that comes from another node: a data consumer has ended. */
  forgotten?(): void;
}

/** A data channel on which a peer sends: what it is, and where it is. */
export interface DataPublication {
  readonly info: DataPublicationInfo;
  readonly handle: DataPublicationHandle;
  /** Who is about to receive it on this node; of one of this node, on the others too. */
  readonly audience: Audience;
}
