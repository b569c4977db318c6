// Generated from src/operations/table and src/core by `npm run generate`; edit it there.

export type Room = {
  id: string; // at most 128 characters
  openedAt: number; // When it was opened, ms since the epoch
  locked: boolean; // New peers cannot enter
  bitrateCap: number | null; // Bits a second that each transport may send; null when the setting of the server applies
  options: RoomOptions;
  workers: number[]; // Indices of the media workers that carry it
};

export type RoomOptions = {
  codecs?: ("opus" | "PCMU" | "PCMA" | "G722" | "telephone-event" | "VP8" | "VP9" | "H264" | "AV1")[]; // Codecs that the room offers, the preferred one first; they cannot change later, at most 9
  maxPeers?: number; // How many peers the room may have, 1 to 10000
  emptySeconds?: number; // How long the room stays open without peers, in seconds, 1 to 604800
  metadata?: Metadata;
};

export type RoomState = {
  peers: number;
  producers: number;
  consumers: number;
  activePeerId: string | null; // The active speaker; null when nobody speaks
  speaking: {
    peerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    volume: number; // dBov, -127 (silent) to 0 (RFC 6464)
  }[]; // The peers that can be heard, the loudest first
  nodes?: ({
    node: string;
    peers: number | null; // Null when the node did not answer: it may have some
    age: number | null; // How old this is, in milliseconds; null when the node did not answer
  })[]; // In a mesh: where its peers are
};

export type Peer = {
  id: string; // at most 128 characters
  roomId: string; // at most 128 characters
  subject: string; // Whose it is: the subject of its token. What moderators decide holds for it
  connections: string[]; // Ids of the other peers of its subject in the room, such as what it plays by WHEP
  state: "connected" | "joined" | "closed"; // `connected` has not joined yet
  displayName: string;
  device: {
    flag?: string;
    name?: string;
    version?: string;
  };
  metadata: Metadata;
  attributes: { [key: string]: unknown }; // what a peer says of itself, at most 64, of 4096 bytes as JSON together
  address: string; // IP address; empty when it is not known
  tokenId: string | null; // The jti of its token
  grants: {
    publish: boolean | ("audio" | "video" | "screen" | "data")[]; // All, nothing, or only these sources
    subscribe: boolean;
    moderate: boolean;
    hidden: boolean;
  };
  publish: boolean | ("audio" | "video" | "screen" | "data")[]; // What it may publish now: the grant of its token, or what was set instead
  connectedAt: number; // When it connected, ms since the epoch
  joinedAt: number | null; // When it joined
  awaySince: number | null; // Since when its connection is cut; it may resume within `TUREEN_RESUME_SECONDS`
  quality: {
    level: "unknown" | "lost" | "poor" | "fair" | "good";
    score: number | null; // 10 is perfect; from 8 on good, from 5 on fair, above 1 poor, else lost; null while it is not known
    cause: "cut" | "loss" | "sound" | "delay" | "freezes" | "bandwidth" | null; // what costs most; null while it is good, or not known
  };
  worker: number | null; // Index of the media worker that carries it
  node?: string; // In a mesh: the node that it is on
  movedFrom?: string; // The node that it moved to this one from, without leaving
};

export type Grants = {
  publish?: boolean | ("audio" | "video" | "screen" | "data")[];
  subscribe?: boolean;
  moderate?: boolean;
  hidden?: boolean;
};

export type Transport = {
  id: string; // at most 128 characters
  type: "webrtc" | "plain" | "pipe";
  producing: boolean;
  consuming: boolean;
  openedAt: number; // When it was opened, ms since the epoch
  connectedAt: number | null; // When media could first flow
  iceState: string | null;
  dtlsState: string | null;
  sctpState: string | null;
  tuple: {
    protocol: "udp" | "tcp";
    localAddress: string;
    localPort: number;
    remoteIp?: string;
    remotePort?: number;
  } | null;
};

export type Producer = {
  id: string; // at most 128 characters
  peerId: string; // at most 128 characters
  kind: "audio" | "video";
  source: "audio" | "video" | "screen" | "data";
  type: "simple" | "simulcast" | "svc";
  codec: string; // Such as opus or vp8
  paused: boolean;
  pausedBy: ("peer" | "moderator")[]; // Who paused it; empty while media flows. A mute by a program counts as a moderator’s
  node?: string; // In a mesh: the node that it comes in at
  score: {
    ssrc: number;
    rid?: string;
    encodingIdx: number;
    score: number; // 0 (worst) to 10
  }[]; // How well the server receives each of its streams
  openedAt: number; // When it was opened, ms since the epoch
};

export type Consumer = {
  id: string; // at most 128 characters
  peerId: string; // at most 128 characters
  producerId: string; // at most 128 characters
  producerPeerId: string; // at most 128 characters
  kind: "audio" | "video";
  type: "simple" | "simulcast" | "svc" | "pipe";
  codec: string;
  paused: boolean;
  producerPaused: boolean;
  priority: number; // 1 to 255
  score: {
    score: number; // 0 to 10
    producerScore: number; // Of the sender’s layer that is forwarded now; 0 while none is, which says nothing of the sender
    producerScores: number[]; // Of each of the sender’s layers: judge the sender by the best of them
  };
  preferredLayers: {
    spatialLayer: number;
    temporalLayer?: number;
  } | null;
  currentLayers: {
    spatialLayer: number;
    temporalLayer?: number;
  } | null;
  node?: string; // In a mesh: the node of the peer that receives it
  openedAt: number; // When it was opened, ms since the epoch
};

export type Stats = {
  stats: { [key: string]: unknown }[]; // As mediasoup returns them: https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/
};

export type Ban = {
  id: string; // UUIDv7, the same on every node
  kind: "identity" | "token" | "address"; // `identity` is a peer id, `token` the jti of a token, `address` an IP address
  value: string;
  roomId: string | null; // Null for the whole server
  reason: string;
  by: {
    kind: string; // peer, moderator, admin, api or server
    id: string;
  };
  createdAt: number; // When it was added, ms since the epoch
  expiresAt: number | null; // When it ends; null for a permanent ban
  liftedAt: number | null; // When it was lifted, if it was
};

export type AuditEntry = {
  id: number;
  time: number; // When it was requested, ms since the epoch
  by: {
    kind: string; // peer, moderator, admin, api or server
    id: string;
  };
  address: string;
  action: string; // A stable word such as peer.remove
  roomId: string | null;
  peerId: string | null;
  details: { [key: string]: unknown };
  reason: string;
  result: string | null; // `done`, `failed: ..` or `interrupted: ..`; null while it is running
  finishedAt: number | null;
  node?: string; // In a mesh: the node whose log it is in; ids count for each
};

export type Worker = {
  index: number;
  pid: number | null; // Null while it is being replaced
  startedAt: number | null;
  deaths: number;
  routers: number;
  producers: number;
  consumers: number;
  bitrate: number; // What its consumers cost by nominal figures (TUREEN_ROOM_MBPS_PER_WORKER), in bits a second
  stress: {
    level: number; // From 0, nothing to do, to 1, nothing left, 0 to 1
    resource: "worker_cpu" | "worker_files" | "loop_cpu" | "egress" | "files" | null; // What is scarcest: the processor for the media workers (`worker_cpu`) or for the event loop of the server (`loop_cpu`), bandwidth to send (`egress`), or files that the server (`files`) or a worker (`worker_files`) may open; null while nothing is measured
  }; // How near it is to the end of what it has
};

export type Node = {
  time: number; // The time of the node, ms since the epoch
  ready: boolean; // Whether the node takes new calls
  unreadyReasons: string[];
  drainDeadline: number | null; // When the drain closes the remaining rooms; null when no drain is running
  workers: number;
  rooms: number;
  peers: number;
  producers: number;
  consumers: number;
  stress: {
    level: number; // From 0, nothing to do, to 1, nothing left, 0 to 1
    resource: "worker_cpu" | "worker_files" | "loop_cpu" | "egress" | "files" | null; // What is scarcest: the processor for the media workers (`worker_cpu`) or for the event loop of the server (`loop_cpu`), bandwidth to send (`egress`), or files that the server (`files`) or a worker (`worker_files`) may open; null while nothing is measured
  }; // How near it is to the end of what it has
};

export type TopRooms = {
  byLoss: ({
    roomId: string; // at most 128 characters
    peers: number;
    streams: number;
    lossRatio: number | null;
    roundTripSeconds: number | null;
    score: number | null;
  })[];
  byRoundTrip: ({
    roomId: string; // at most 128 characters
    peers: number;
    streams: number;
    lossRatio: number | null;
    roundTripSeconds: number | null;
    score: number | null;
  })[];
  byScore: ({
    roomId: string; // at most 128 characters
    peers: number;
    streams: number;
    lossRatio: number | null;
    roundTripSeconds: number | null;
    score: number | null;
  })[];
};

export type Token = {
  token: string; // The JWT for the client
  tokenId: string; // Its jti, by which it can be banned
  expiresAt: number; // When it expires, ms since the epoch
};

export type Metadata = { [key: string]: unknown };

export type Session = {
  id: string; // at most 128 characters
  owner: {
    key: string; // Name of the key
    controllerId: string | null; // Which of the controllers that use the key; null for REST
  };
  keep: boolean; // Whether it stays when its controller disconnects and does not come back
};

export type Endpoint = {
  id: string; // at most 128 characters
  roomId: string; // at most 128 characters
  displayName: string;
  metadata: Metadata;
  owner: {
    key: string; // Name of the key
    controllerId: string | null; // Which of the controllers that use the key; null for REST
  };
  keep: boolean; // Whether it stays when its controller disconnects and does not come back
};

export type RtpTransport = {
  id: string; // at most 128 characters
  type: "plain" | "pipe";
  ip: string; // The address on which it receives
  port: number;
  rtcpPort: number | null; // The port for RTCP; null when it is the port of RTP
  remoteIp: string | null; // The address of the other side, once it is known
  remotePort: number | null;
  srtpParameters: SrtpParameters | null; // Null for plain RTP
};

export type EndpointProducer = {
  id: string; // at most 128 characters
  kind: "audio" | "video";
  codec: string; // Such as pcmu
  paused: boolean;
};

export type EndpointConsumer = {
  id: string; // at most 128 characters
  transportId: string; // at most 128 characters
  producerId: string; // at most 128 characters
  producerPeerId: string; // at most 128 characters
  kind: "audio" | "video";
  codec: string;
  paused: boolean;
  producerPaused: boolean;
  rtpParameters: RtpParameters;
};

export type SrtpParameters = {
  cryptoSuite: "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AEAD_AES_128_GCM" | "AEAD_AES_256_GCM";
  keyBase64: string; // Key and salt, as in SDES (RFC 4568), at most 128 characters
};

export type RtpCapabilities = {
  codecs?: ({
    kind: "audio" | "video";
    mimeType: string; // at most 64 characters
    preferredPayloadType: number; // 0 to 127
    clockRate: number; // Hz, 1 to 1000000
    channels?: number; // 1 to 255
    parameters?: { [key: string]: unknown }; // Codec parameters as in SDP fmtp
    rtcpFeedback?: {
      type: string; // at most 64 characters
      parameter?: string; // at most 256 characters
    }[]; // at most 32
  })[]; // at most 128
  headerExtensions?: ({
    kind: "audio" | "video";
    uri: string; // URI of the header extension (RFC 8285), at most 256 characters
    preferredId: number; // 1 to 255
    preferredEncrypt?: boolean;
    direction?: "sendrecv" | "sendonly" | "recvonly" | "inactive";
  })[]; // at most 64
};

export type RtpParameters = {
  mid?: string; // at most 32 characters
  codecs: {
    mimeType: string; // at most 64 characters
    payloadType: number; // 0 to 127
    clockRate: number; // Hz, 1 to 1000000
    channels?: number; // 1 to 255
    parameters?: { [key: string]: unknown }; // Codec parameters as in SDP fmtp
    rtcpFeedback?: {
      type: string; // at most 64 characters
      parameter?: string; // at most 256 characters
    }[]; // at most 32
  }[]; // at most 64
  headerExtensions?: {
    uri: string; // URI of the header extension (RFC 8285), at most 256 characters
    id: number; // 1 to 255
    encrypt?: boolean;
    parameters?: { [key: string]: unknown }; // Codec parameters as in SDP fmtp
  }[]; // at most 64
  encodings?: {
    ssrc?: number; // 0 to 4294967295
    rid?: string; // at most 16 characters
    codecPayloadType?: number; // 0 to 127
    rtx?: {
      ssrc: number; // 0 to 4294967295
    };
    dtx?: boolean;
    scalabilityMode?: string; // e.g. L1T3 (W3C webrtc-svc), at most 32 characters
    maxBitrate?: number; // bits a second, 0 to 4294967295
  }[]; // at most 8
  rtcp?: {
    cname?: string; // at most 256 characters
    reducedSize?: boolean;
  };
  msid?: string; // at most 256 characters
};

/** The code of a refusal, which does not change. */
export type ErrorCode =
  | 'invalid_message'
  | 'invalid_params'
  | 'media_rejected'
  | 'unauthorized'
  | 'forbidden'
  | 'foreign_origin'
  | 'no_sub_protocol'
  | 'removed'
  | 'banned'
  | 'room_locked'
  | 'room_full'
  | 'not_found'
  | 'unknown_method'
  | 'method_not_allowed'
  | 'wrong_state'
  | 'ticket_refused'
  | 'replaced'
  | 'left'
  | 'room_closed'
  | 'gone'
  | 'precondition_failed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unsupported'
  | 'idempotency_mismatch'
  | 'limit_reached'
  | 'flood'
  | 'join_timeout'
  | 'internal'
  | 'overloaded'
  | 'unconfirmed'
  | 'storage_busy'
  | 'storage_unavailable'
  | 'busy'
  | 'draining'
  | 'worker_unavailable'
  | 'invalid_sdp'
  | 'not_live'
  | 'unacceptable_offer'
  | 'precondition_required';

/** What a program may do. */
export type Scope =
  | 'read'
  | 'moderate'
  | 'rooms'
  | 'media'
  | 'tokens'
  | 'node';

export interface Operations {
  /**
   * Opens a room before its first peer, with its own options. A room that is not created is opened by its first peer, with the settings of the server. In a mesh it is `wrong_state` when any node has it.
   *
   * Needs the scope `rooms`.
   */
  createRoom: { params: {
    roomId: string; // at most 128 characters
    options?: {
      codecs?: ("opus" | "PCMU" | "PCMA" | "G722" | "telephone-event" | "VP8" | "VP9" | "H264" | "AV1")[]; // Codecs that the room offers, the preferred one first; they cannot change later, at most 9
      maxPeers?: number; // How many peers the room may have, 1 to 10000
      emptySeconds?: number; // How long the room stays open without peers, in seconds, 1 to 604800
      metadata?: Metadata;
    };
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Room };
  /**
   * The rooms with their state, in the order of their ids; in a mesh those of every node.
   *
   * Needs the scope `read`.
   */
  listRooms: { params: {
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: ({
      id: string; // at most 128 characters
      openedAt: number; // When it was opened, ms since the epoch
      locked: boolean; // New peers cannot enter
      bitrateCap: number | null; // Bits a second that each transport may send; null when the setting of the server applies
      options: RoomOptions;
      workers: number[]; // Indices of the media workers that carry it
      state: RoomState;
    })[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One room.
   *
   * Needs the scope `read`.
   */
  getRoom: { params: {
    roomId: string; // at most 128 characters
  }; result: Room };
  /**
   * The state of a room now: its numbers of peers, producers and consumers, and who speaks.
   *
   * Needs the scope `read`.
   */
  getRoomState: { params: {
    roomId: string; // at most 128 characters
  }; result: RoomState };
  /**
   * Changes the given fields and leaves the others; null goes back to the setting of the server. Peers that are in the room stay, also when it is locked or gets a smaller maxPeers.
   *
   * Needs the scope `rooms`.
   */
  changeRoom: { params: {
    roomId: string; // at most 128 characters
    locked?: boolean; // Whether new peers are kept out
    bitrateCap?: number | null; // Bits a second that each transport of a client may send
    maxPeers?: number | null;
    emptySeconds?: number | null;
    metadata?: Metadata | null;
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Room };
  /**
   * Moves a room to another media worker. Its peers stay connected and are asked to set up their media again. In a mesh each node has workers of its own, and its part of the room is moved.
   *
   * Needs the scope `node`.
   */
  moveRoom: { params: {
    roomId: string; // at most 128 characters
    workerIndex: number; // A running worker of listWorkers, 0 to 1000
    node?: string; // In a mesh: whose part of the room; by default the one that is asked, else the only one that has the room, at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Room };
  /**
   * Closes a room for everyone in it.
   *
   * Needs the scope `moderate`.
   */
  closeRoom: { params: {
    roomId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * The peers of a room, in the order of their ids; with `subject` all connections of one person or program.
   *
   * Needs the scope `read`.
   */
  listPeers: { params: {
    roomId: string; // at most 128 characters
    subject?: string; // Only the peers of this subject, at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Peer[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One peer.
   *
   * Needs the scope `read`.
   */
  getPeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
  }; result: Peer };
  /**
   * How the stay of a peer in a room goes, or how its last one went: how each transport was connected, quality, what it was refused, how it ended. Of a peer that was here in the last TUREEN_TIMELINE_HOURS, on any node of a mesh.
   *
   * Needs the scope `read`.
   */
  getPeerCourse: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
  }; result: {
    address: string; // From which its signaling came
    displayName: string;
    device: string; // Name and version, as its client says; empty before it joined
    outcome: "unreachable" | "dtls_failed" | "lost" | "unused" | "connected"; // What became of its media
    media: string; // The same as a sentence, with what is likely to be in the way
    toMedia: number | null; // Null when it never could
    transports: ({
      direction: "send" | "receive" | "both"; // As the client sees it
      offered: string[]; // The candidates that the client was given, such as `udp 203.0.113.7:40000`
      ice: {
        after: number; // Until ICE found a way for the first time, in milliseconds
        protocol: "udp" | "tcp";
        local: string; // The side of the server in the pair that was selected last, as address:port
        remote: string; // The client's side of it: its own, that of a NAT, or that of a relay, as address:port
      } | null; // Null where ICE found no way, and for RTP without WebRTC
      connected: number | null; // Null when it never was
      lost: number; // How often the way was lost
      waited: boolean; // Whether its client tried for 15 seconds in vain
      end: "peer_left" | "ice_failed" | "dtls_failed" | "dtls_closed" | "router_closed" | "rejoin" | "closed" | "not_allowed" | null; // Null while it is open
      used: boolean; // Whether its client asked to connect it
    })[]; // The latest eight
    quality: {
      roundTrip: {
        mean: number;
        max: number;
      } | null;
      lossIn: number | null; // Share of the packets from the peer that were lost, 0 to 1
      lossOut: number | null; // Share of the packets to the peer that it says were lost, 0 to 1
      score: {
        mean: number;
        min: number;
      } | null;
    } | null; // By the samples of the metrics, up to 15 seconds before its end. Null for a stay that was too short for one
    refused: {
      method: string;
      code: string;
      count: number;
    }[]; // Its requests that were answered with an error
    duration: number; // How long it was in the room, in milliseconds
    end: {
      reason: "left" | "disconnected" | "rejoin" | "replaced" | "removed" | "join_timeout" | "room_closed" | "draining" | "protocol_error" | "server_closed";
      detail: string;
      by: {
        kind: "peer" | "moderator" | "admin" | "api" | "server";
        id: string;
      };
    } | null; // Null while it is in the room
  } };
  /**
   * Replaces the metadata of a peer, changes its attributes, and sets what it may publish; what it may no longer publish is closed. Metadata and attributes last until the peer connects again; what it may publish holds for its subject as long as the room is open.
   *
   * Needs the scope `moderate`.
   */
  changePeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    metadata?: Metadata;
    attributes?: { [key: string]: unknown }; // null removes one, and those that are not named stay; at most 64, of 4096 bytes as JSON together
    publish?: boolean | ("audio" | "video" | "screen" | "data")[] | null; // null for what its token grants
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Peer };
  /**
   * Removes a peer from its room and makes its tokens void. Answers when its socket and its media are closed.
   *
   * Needs the scope `moderate`.
   */
  removePeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * Removes a peer and bans it: adds one ban for each of `kinds` that the peer has. Other peers that these bans match are removed too.
   *
   * Needs the scope `moderate`.
   */
  banPeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    where: "room" | "server"; // Banned from this room only, or from the whole server
    kinds: ("identity" | "token" | "address")[]; // at most 3
    seconds: number | null; // How long the bans last; null for permanent bans
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    bans: Ban[];
  } };
  /**
   * Mutes everything that a peer sends, or only one source. It stays paused until the mute is ended and the peer resumes it.
   *
   * Needs the scope `moderate`.
   */
  mutePeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    source?: "audio" | "video" | "screen" | "data";
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    count: number; // How many producers were muted, without those that were muted before
  } };
  /**
   * Ends the mutes of a peer, which may then resume what it sends. Only the peer itself can switch its microphone on again.
   *
   * Needs the scope `moderate`.
   */
  allowPeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    source?: "audio" | "video" | "screen" | "data";
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    count: number; // How many producers the peer may now resume
  } };
  /**
   * The transports of a peer in the order of their ids.
   *
   * Needs the scope `read`.
   */
  listTransports: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Transport[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * Statistics of a transport, read from the media worker now.
   *
   * Needs the scope `read`.
   */
  getTransportStats: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
  }; result: Stats };
  /**
   * The data channels on which a peer sends, in the order of their ids.
   *
   * Needs the scope `read`.
   */
  listDataProducers: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: {
      id: string; // at most 128 characters
      label: string;
      protocol: string;
      openedAt: number; // When it was opened, ms since the epoch
    }[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * The data channels on which a peer receives, in the order of their ids.
   *
   * Needs the scope `read`.
   */
  listDataConsumers: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: {
      id: string; // at most 128 characters
      dataProducerId: string; // at most 128 characters
      label: string;
      openedAt: number; // When it was opened, ms since the epoch
    }[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * Captures what a peer sends, on the node that it is on, as a pcap file for Wireshark: `GET /captures/:captureId/file` has it for ten minutes. One at a time runs on a node, and it ends after `seconds`, 16 MiB or 200,000 packets. Numbers of streams, payload types and header extensions are those that the server uses towards receivers.
   *
   * Needs the scope `media`.
   */
  startCapture: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    content: "headers" | "packets"; // `headers` keeps the headers of RTP, which say nothing of what is heard and seen; `packets` keeps all of each packet
    seconds: number; // When it ends by itself, 1 to 60
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    id: string; // at most 128 characters
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    content: "headers" | "packets"; // `headers` keeps the headers of RTP, which say nothing of what is heard and seen; `packets` keeps all of each packet
    seconds: number; // When it ends by itself, 1 to 60
    startedAt: number; // ms since the epoch
    end: "time" | "size" | "peer_left" | "stopped" | null; // Why it ended; null while it runs. `size`: 16 MiB or 200,000 packets
    packets: number;
    bytes: number; // Of the file so far
  } };
  /**
   * How a capture goes, or went. Its file is at `/captures/:captureId/file`, for callers with the scope `media`; each fetch is in the audit log.
   *
   * Needs the scope `media`.
   */
  getCapture: { params: {
    captureId: string; // at most 128 characters
  }; result: {
    id: string; // at most 128 characters
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    content: "headers" | "packets"; // `headers` keeps the headers of RTP, which say nothing of what is heard and seen; `packets` keeps all of each packet
    seconds: number; // When it ends by itself, 1 to 60
    startedAt: number; // ms since the epoch
    end: "time" | "size" | "peer_left" | "stopped" | null; // Why it ended; null while it runs. `size`: 16 MiB or 200,000 packets
    packets: number;
    bytes: number; // Of the file so far
  } };
  /**
   * Ends a capture if it runs, and throws its file away.
   *
   * Needs the scope `media`.
   */
  discardCapture: { params: {
    captureId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * The producers of a room, in the order of their ids.
   *
   * Needs the scope `read`.
   */
  listProducers: { params: {
    roomId: string; // at most 128 characters
    peerId?: string; // at most 128 characters
    kind?: "audio" | "video";
    source?: "audio" | "video" | "screen" | "data";
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Producer[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One producer.
   *
   * Needs the scope `read`.
   */
  getProducer: { params: {
    roomId: string; // at most 128 characters
    producerId: string; // at most 128 characters
  }; result: Producer };
  /**
   * Statistics of a producer, read from the media worker now.
   *
   * Needs the scope `read`.
   */
  getProducerStats: { params: {
    roomId: string; // at most 128 characters
    producerId: string; // at most 128 characters
  }; result: Stats };
  /**
   * Mutes what a peer sends, as a moderator does. It stays paused until the mute is ended and the peer resumes it.
   *
   * Needs the scope `moderate`.
   */
  muteProducer: { params: {
    roomId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Producer };
  /**
   * Ends a mute: the peer may resume what it sends. It stays paused until the peer does.
   *
   * Needs the scope `moderate`.
   */
  allowProducer: { params: {
    roomId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Producer };
  /**
   * Closes what a peer sends. The peer is notified and may produce again.
   *
   * Needs the scope `moderate`.
   */
  closeProducer: { params: {
    roomId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * The consumers of a room, in the order of their ids.
   *
   * Needs the scope `read`.
   */
  listConsumers: { params: {
    roomId: string; // at most 128 characters
    peerId?: string; // at most 128 characters
    producerId?: string; // at most 128 characters
    kind?: "audio" | "video";
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Consumer[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One consumer.
   *
   * Needs the scope `read`.
   */
  getConsumer: { params: {
    roomId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: Consumer };
  /**
   * Statistics of a consumer and of its producer, read from the media worker now.
   *
   * Needs the scope `read`.
   */
  getConsumerStats: { params: {
    roomId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: Stats };
  /**
   * Pauses what a peer receives. The peer is notified and may resume it.
   *
   * Needs the scope `moderate`.
   */
  pauseConsumer: { params: {
    roomId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Consumer };
  /**
   * Lets a peer receive again.
   *
   * Needs the scope `moderate`.
   */
  resumeConsumer: { params: {
    roomId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Consumer };
  /**
   * Closes what a peer receives. The peer is notified.
   *
   * Needs the scope `moderate`.
   */
  closeConsumer: { params: {
    roomId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * Opens a room that belongs to your program and ends with it, by default for 2 peers. The answer says what media the room supports.
   *
   * Needs the scope `media`.
   */
  createSession: { params: {
    roomId?: string; // at most 128 characters
    keep?: boolean; // Whether it stays when its controller disconnects and does not come back
    codecs?: ("opus" | "PCMU" | "PCMA" | "G722" | "telephone-event" | "VP8" | "VP9" | "H264" | "AV1")[]; // Codecs that the room offers, the preferred one first; they cannot change later, at most 9
    maxPeers?: number; // How many peers the room may have, 1 to 10000
    emptySeconds?: number; // How long the room stays open without peers, in seconds, 1 to 604800
    metadata?: Metadata;
  }; result: {
    id: string; // at most 128 characters
    owner: {
      key: string; // Name of the key
      controllerId: string | null; // Which of the controllers that use the key; null for REST
    };
    keep: boolean; // Whether it stays when its controller disconnects and does not come back
    rtpCapabilities: RtpCapabilities;
  } };
  /**
   * The sessions of all programs, with their owners.
   *
   * Needs the scope `read`.
   */
  listSessions: { params: {
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Session[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One session with its owner. Read the state of its room with getRoomState.
   *
   * Needs the scope `read`.
   */
  getSession: { params: {
    roomId: string; // at most 128 characters
  }; result: Session };
  /**
   * Ends your session: its room is closed for everyone in it.
   *
   * Needs the scope `media`.
   */
  closeSession: { params: {
    roomId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Makes a session yours, whoever owns it. Its former owner is notified.
   *
   * Needs the scope `media`.
   */
  takeOverSession: { params: {
    roomId: string; // at most 128 characters
  }; result: Session };
  /**
   * Enters a room as a peer that you act for, because its media does not come from a WebRTC client: a telephone, an encoder, another server. The room is opened if it is not there. The answer says what media the room supports.
   *
   * Needs the scope `media`.
   */
  createEndpoint: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    displayName?: string; // at most 256 characters
    metadata?: Metadata;
    publish?: boolean | ("audio" | "video" | "screen" | "data")[]; // All, nothing, or only these sources
    subscribe?: boolean; // Whether it may receive; true by default
    hidden?: boolean; // Whether other peers do not see it, such as a recorder; false by default
    keep?: boolean; // Whether it stays when its controller disconnects and does not come back
  }; result: {
    id: string; // at most 128 characters
    roomId: string; // at most 128 characters
    displayName: string;
    metadata: Metadata;
    owner: {
      key: string; // Name of the key
      controllerId: string | null; // Which of the controllers that use the key; null for REST
    };
    keep: boolean; // Whether it stays when its controller disconnects and does not come back
    rtpCapabilities: RtpCapabilities;
  } };
  /**
   * The endpoints in a room, of all programs, with their owners.
   *
   * Needs the scope `read`.
   */
  listEndpoints: { params: {
    roomId: string; // at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Endpoint[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * One endpoint with its transports, producers and consumers.
   *
   * Needs the scope `read`.
   */
  getEndpoint: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
  }; result: {
    id: string; // at most 128 characters
    roomId: string; // at most 128 characters
    displayName: string;
    metadata: Metadata;
    owner: {
      key: string; // Name of the key
      controllerId: string | null; // Which of the controllers that use the key; null for REST
    };
    keep: boolean; // Whether it stays when its controller disconnects and does not come back
    transports: RtpTransport[];
    producers: EndpointProducer[];
    consumers: EndpointConsumer[];
  } };
  /**
   * Closes your endpoint and frees its ports.
   *
   * Needs the scope `media`.
   */
  closeEndpoint: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Makes an endpoint yours, whoever owns it. Its former owner is notified.
   *
   * Needs the scope `media`.
   */
  takeOverEndpoint: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
  }; result: Endpoint };
  /**
   * Opens a transport for RTP without WebRTC. By default it is encrypted, RTP and RTCP share a port, and it learns the address of the other side from the first packet (comedia).
   *
   * Needs the scope `media`.
   */
  openPlainTransport: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    comedia?: boolean; // Whether it learns the address of the other side from the first packet; true by default
    rtcpMux?: boolean; // Whether RTP and RTCP share a port (RFC 5761); true by default
    srtp?: "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AEAD_AES_128_GCM" | "AEAD_AES_256_GCM" | "none"; // How RTP is encrypted (RFC 3711, RFC 7714); `none` for plain RTP
    producing?: boolean; // Whether media comes in over it; true by default
    consuming?: boolean; // Whether media goes out over it; true by default
  }; result: RtpTransport };
  /**
   * Opens a transport to another server. It carries every layer of what is sent over it.
   *
   * Needs the scope `media`.
   */
  openPipeTransport: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    srtp?: boolean; // Whether it is encrypted; true by default
    rtx?: boolean; // Whether lost packets are sent again; false by default
    producing?: boolean; // Whether media comes in over it; true by default
    consuming?: boolean; // Whether media goes out over it; true by default
  }; result: RtpTransport };
  /**
   * Gives a transport the address and the key of its other side, once. With comedia give only the key; with comedia and without encryption, do not call this.
   *
   * Needs the scope `media`.
   */
  connectTransport: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
    ip?: string; // An IP address, not a host name, at most 64 characters
    port?: number; // 1 to 65535
    rtcpPort?: number; // 1 to 65535
    srtpParameters?: SrtpParameters;
  }; result: RtpTransport };
  /**
   * Closes a transport of your endpoint and everything that it carries, and frees its ports.
   *
   * Needs the scope `media`.
   */
  closeEndpointTransport: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Statistics of a transport of an endpoint, read from the media worker now.
   *
   * Needs the scope `read`.
   */
  getEndpointTransportStats: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
  }; result: Stats };
  /**
   * Publishes what comes in over a transport. rtpParameters describe what the other side sends; each encoding needs its ssrc, by which the packets are recognised.
   *
   * Needs the scope `media`.
   */
  produce: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
    kind: "audio" | "video";
    rtpParameters: RtpParameters;
    paused?: boolean;
    appData?: { [key: string]: unknown }; // Data of the application; `source` or `share: true` tell a shared screen from a camera
  }; result: EndpointProducer };
  /**
   * Pauses what your endpoint sends.
   *
   * Needs the scope `media`.
   */
  pauseEndpointProducer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
  }; result: EndpointProducer };
  /**
   * Resumes what your endpoint sends, unless a moderator muted it.
   *
   * Needs the scope `media`.
   */
  resumeEndpointProducer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
  }; result: EndpointProducer };
  /**
   * Closes what your endpoint sends.
   *
   * Needs the scope `media`.
   */
  closeEndpointProducer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Sends a publication of the room out over a transport. The rtpParameters of the answer describe what the other side gets. rtpCapabilities describe what it can play; by default everything that the room offers. When media of another node is lost on the way, a plain transport gets it again by itself, as a consumer of another id and SSRC; over a WebRTC or pipe transport, consume again.
   *
   * Needs the scope `media`.
   */
  consume: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    transportId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    rtpCapabilities?: RtpCapabilities;
    paused?: boolean; // Whether it starts paused; false by default
  }; result: EndpointConsumer };
  /**
   * Pauses what your endpoint receives.
   *
   * Needs the scope `media`.
   */
  pauseEndpointConsumer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: EndpointConsumer };
  /**
   * Resumes what your endpoint receives.
   *
   * Needs the scope `media`.
   */
  resumeEndpointConsumer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: EndpointConsumer };
  /**
   * Closes what your endpoint receives.
   *
   * Needs the scope `media`.
   */
  closeEndpointConsumer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Asks the sender of a video for a key frame, so that a new viewer or a recording can start.
   *
   * Needs the scope `media`.
   */
  requestEndpointKeyFrame: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    consumerId: string; // at most 128 characters
  }; result: undefined };
  /**
   * Sends a notice to everyone in a room.
   *
   * Needs the scope `moderate`.
   */
  sendToRoom: { params: {
    roomId: string; // at most 128 characters
    message: string; // The text that people see, at most 500 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * Sends a notice to one peer.
   *
   * Needs the scope `moderate`.
   */
  sendToPeer: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    message: string; // The text that people see, at most 500 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * Signs a token with which one peer can enter one room. To grant `moderate`, the key needs the scope moderate too.
   *
   * Needs the scope `tokens`.
   */
  mintPeerToken: { params: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    displayName?: string; // A name that the client cannot change, at most 256 characters
    metadata?: Metadata;
    grants?: Grants;
    seconds?: number; // How long the token is valid; one day by default, 1 to 31536000
  }; result: Token };
  /**
   * Bans, the newest first.
   *
   * Needs the scope `moderate`.
   */
  listBans: { params: {
    text?: string; // Text to find in any field, at most 200 characters
    holding?: boolean; // Only bans that are in force now
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: Ban[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * Adds a ban, also for someone who is not connected. Peers that it matches are removed.
   *
   * Needs the scope `moderate`.
   */
  addBan: { params: {
    kind: "identity" | "token" | "address"; // `identity` is a peer id, `token` the jti of a token, `address` an IP address
    value: string; // The subject of tokens (their peer id), a jti, or an IP address or range. An IPv6 address stands for its /64 unless a prefix is given., at most 128 characters
    roomId?: string | null; // Null or left out for the whole server
    seconds?: number | null; // How long it lasts; null or left out for a permanent ban
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Ban };
  /**
   * One ban, also when it has ended.
   *
   * Needs the scope `moderate`.
   */
  getBan: { params: {
    banId: string | number; // The id of the ban. Deprecated, and gone in the next version: the number that a ban had before ids were UUIDs, on the node that had it.
  }; result: Ban };
  /**
   * Ends a ban before its time. Tokens that were issued before a removal stay void.
   *
   * Needs the scope `moderate`.
   */
  liftBan: { params: {
    banId: string | number; // The id of the ban. Deprecated, and gone in the next version: the number that a ban had before ids were UUIDs, on the node that had it.
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: undefined };
  /**
   * The state of this server now.
   *
   * Needs the scope `read`.
   */
  getNode: { params: {}; result: Node };
  /**
   * The nodes of the mesh, the one that answers first; a server that is alone is the only one.
   *
   * Needs the scope `read`.
   */
  listNodes: { params: {}; result: {
    items: ({
      name: string;
      life: string | null; // Random, of this run of it; null for a server that is alone
      self: boolean; // Whether it is the node that answers
      region: string | null;
      url: string | null; // Where clients reach it: TUREEN_PUBLIC_URL
      version: string;
      rooms: number;
      peers: number;
      draining: boolean;
      drainDeadline: number | null; // When its drain closes the remaining rooms; null without a drain
      stress: {
        level: number; // From 0, nothing to do, to 1, nothing left, 0 to 1
        resource: "worker_cpu" | "worker_files" | "loop_cpu" | "egress" | "files" | null; // What is scarcest: the processor for the media workers (`worker_cpu`) or for the event loop of the server (`loop_cpu`), bandwidth to send (`egress`), or files that the server (`files`) or a worker (`worker_files`) may open; null while nothing is measured
      } | null; // Null for a node of an earlier version
      stale: boolean; // Nothing is heard of it for now
      age: number; // Milliseconds since it was heard
      roundTrip: number | null; // Milliseconds of its last answer over the bus; null before there was one
    })[];
  } };
  /**
   * Where a client should connect, the best node first, and why: in its region, then where its room is while that node has half of what it takes left, then where the stress is least and fewest peers are; one that is full comes last. The client library measures by itself; this is for applications that name one server to their clients.
   *
   * Needs the scope `read`.
   */
  getPlacement: { params: {
    region?: string; // Where the client is: the region of a node, at most 128 characters
    room?: string; // at most 128 characters
  }; result: {
    items: ({
      name: string;
      url: string | null; // Where clients reach it: TUREEN_PUBLIC_URL
      region: string | null;
      peers: number;
      why: string; // Why it comes at this place, or why it cannot be used; for people
      usable: boolean; // Whether a client may be sent to it
    })[];
  } };
  /**
   * Starts a drain: the server takes no new rooms, asks clients to connect elsewhere, and closes the remaining rooms at the deadline. The process keeps running. Does nothing while a drain is running.
   *
   * Needs the scope `node`.
   */
  drainNode: { params: {
    seconds?: number; // Time until the deadline; by default the setting of the server, 0 to 86400
    node?: string; // Of a mesh; by default the node that answers, at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Node };
  /**
   * Cancels a drain: the server takes new rooms again. Rooms that were closed stay closed.
   *
   * Needs the scope `node`.
   */
  cancelDrain: { params: {
    node?: string; // Of a mesh; by default the node that answers, at most 128 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: Node };
  /**
   * The media workers, in the order of their indices.
   *
   * Needs the scope `read`.
   */
  listWorkers: { params: {}; result: {
    items: Worker[];
  } };
  /**
   * The ten worst rooms by packet loss, by round-trip time and by score, from the last samples of the metrics.
   *
   * Needs the scope `read`.
   */
  getTopRooms: { params: {}; result: TopRooms };
  /**
   * What happened in the last TUREEN_TIMELINE_HOURS, the newest first, also in calls that are over. In a mesh what happened on every node, read from each; a warning names those that did not answer. What a node that has ended kept is on its disk, and comes again with it.
   *
   * Needs the scope `read`.
   */
  listTimeline: { params: {
    roomId?: string; // at most 128 characters
    peer?: string; // The id of a peer, or the beginning of its display name, at most 128 characters
    sessionId?: string; // at most 128 characters
    address?: string; // From which a connection came, at most 64 characters
    from?: number; // The earliest, ms since the epoch
    until?: number; // The end, not included, ms since the epoch
    bad?: boolean; // Only what deserves a look
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: ({
      id: number; // Of the line on its node
      time: number; // When it happened, ms since the epoch
      event: string; // Its name, as in docs/events.md, such as `peerLeft`
      text: string; // What happened. It has names and texts of users
      bad: boolean; // Whether it deserves a look
      roomId: string | null; // Null for what concerns the node
      peerId: string | null;
      sessionId: string | null; // The stay of the peer in its room
      displayName: string; // Of the peer, where the line is of its join or its end
      address: string; // From which its connection came, on the same lines
      course: {
        address: string; // From which its signaling came
        displayName: string;
        device: string; // Name and version, as its client says; empty before it joined
        outcome: "unreachable" | "dtls_failed" | "lost" | "unused" | "connected"; // What became of its media
        media: string; // The same as a sentence, with what is likely to be in the way
        toMedia: number | null; // Null when it never could
        transports: ({
          direction: "send" | "receive" | "both"; // As the client sees it
          offered: string[]; // The candidates that the client was given, such as `udp 203.0.113.7:40000`
          ice: {
            after: number; // Until ICE found a way for the first time, in milliseconds
            protocol: "udp" | "tcp";
            local: string; // The side of the server in the pair that was selected last, as address:port
            remote: string; // The client's side of it: its own, that of a NAT, or that of a relay, as address:port
          } | null; // Null where ICE found no way, and for RTP without WebRTC
          connected: number | null; // Null when it never was
          lost: number; // How often the way was lost
          waited: boolean; // Whether its client tried for 15 seconds in vain
          end: "peer_left" | "ice_failed" | "dtls_failed" | "dtls_closed" | "router_closed" | "rejoin" | "closed" | "not_allowed" | null; // Null while it is open
          used: boolean; // Whether its client asked to connect it
        })[]; // The latest eight
        quality: {
          roundTrip: {
            mean: number;
            max: number;
          } | null;
          lossIn: number | null; // Share of the packets from the peer that were lost, 0 to 1
          lossOut: number | null; // Share of the packets to the peer that it says were lost, 0 to 1
          score: {
            mean: number;
            min: number;
          } | null;
        } | null; // By the samples of the metrics, up to 15 seconds before its end. Null for a stay that was too short for one
        refused: {
          method: string;
          code: string;
          count: number;
        }[]; // Its requests that were answered with an error
        duration: number; // How long it was in the room, in milliseconds
        end: {
          reason: "left" | "disconnected" | "rejoin" | "replaced" | "removed" | "join_timeout" | "room_closed" | "draining" | "protocol_error" | "server_closed";
          detail: string;
          by: {
            kind: "peer" | "moderator" | "admin" | "api" | "server";
            id: string;
          };
        } | null; // Null while it is in the room
      } | null; // With `peerLeft`: how that stay went
      node?: string; // In a mesh: the node where it happened
    })[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * The audit log: who did what to whom, from where, why, and with what result; the newest first. In a mesh those of every node.
   *
   * Needs the scope `moderate`.
   */
  listAudit: { params: {
    text?: string; // Text to find in any field, at most 200 characters
    roomId?: string; // at most 128 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: AuditEntry[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * The receivers of webhooks and the state of their deliveries.
   *
   * Needs the scope `node`.
   */
  listWebhooks: { params: {}; result: {
    items: ({
      name: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
      address: string; // Scheme, host and port of its URL; the rest is not shown
      events: string[]; // The types of events that it gets
      waiting: number; // Webhooks that are not delivered yet
      oldestAt: number | null; // When the oldest of those was created
      deadLetters: number;
      deliveredAt: number | null; // When a webhook was last delivered
      failedAt: number | null; // When an attempt last failed
      error: string; // Why that attempt failed
      gone: boolean; // It answered 410 Gone and gets nothing until it is resumed
    })[];
  } };
  /**
   * Resumes sending to a receiver that answered 410 Gone, from the next event on. Does nothing for other receivers.
   *
   * Needs the scope `node`.
   */
  resumeWebhook: { params: {
    name: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    name: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    address: string; // Scheme, host and port of its URL; the rest is not shown
    events: string[]; // The types of events that it gets
    waiting: number; // Webhooks that are not delivered yet
    oldestAt: number | null; // When the oldest of those was created
    deadLetters: number;
    deliveredAt: number | null; // When a webhook was last delivered
    failedAt: number | null; // When an attempt last failed
    error: string; // Why that attempt failed
    gone: boolean; // It answered 410 Gone and gets nothing until it is resumed
  } };
  /**
   * Deprecated; use resumeWebhook, which does the same. This name is removed in the next version.
   *
   * Needs the scope `node`.
   * @deprecated
   */
  letInWebhook: { params: {
    name: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    name: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    address: string; // Scheme, host and port of its URL; the rest is not shown
    events: string[]; // The types of events that it gets
    waiting: number; // Webhooks that are not delivered yet
    oldestAt: number | null; // When the oldest of those was created
    deadLetters: number;
    deliveredAt: number | null; // When a webhook was last delivered
    failedAt: number | null; // When an attempt last failed
    error: string; // Why that attempt failed
    gone: boolean; // It answered 410 Gone and gets nothing until it is resumed
  } };
  /**
   * Webhooks that were given up, the newest events first. They are kept for 30 days, at most 10,000 of them.
   *
   * Needs the scope `node`.
   */
  listDeadLetters: { params: {
    receiver?: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    limit?: number; // Entries on a page; 50 by default, 1 to 200
    cursor?: string; // The `nextCursor` of the page before, at most 1024 characters
  }; result: {
    items: ({
      id: number;
      receiver: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
      eventId: string; // The webhook-id
      type: string;
      roomId: string | null; // Null for events of the node
      body: string; // The JSON text that is sent
      createdAt: number; // When the event happened, ms since the epoch
      diedAt: number; // When it was given up, ms since the epoch
      attempts: number;
      error: string; // Why the last attempt failed, or why there was none
    })[];
    nextCursor: string | null; // The `cursor` of the next page; null at the end
  } };
  /**
   * Sends dead letters again, with the same ids: the ones with the given ids, those of a receiver, or all.
   *
   * Needs the scope `node`.
   */
  replayDeadLetters: { params: {
    receiver?: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    ids?: number[]; // at most 1000
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    count: number; // How many there were
  } };
  /**
   * Deletes dead letters: the ones with the given ids, those of a receiver, or all.
   *
   * Needs the scope `node`.
   */
  discardDeadLetters: { params: {
    receiver?: string; // A receiver of TUREEN_WEBHOOKS, at most 32 characters
    ids?: number[]; // at most 1000
    reason?: string; // Shown to the person it concerns and in the audit log, at most 200 characters
  }; result: {
    count: number; // How many there were
  } };
}

/** The verb and the path of each operation. */
export const routes = {
  createRoom: 'POST /rooms',
  listRooms: 'GET /rooms',
  getRoom: 'GET /rooms/:roomId',
  getRoomState: 'GET /rooms/:roomId/state',
  changeRoom: 'PATCH /rooms/:roomId',
  moveRoom: 'POST /rooms/:roomId/move',
  closeRoom: 'DELETE /rooms/:roomId',
  listPeers: 'GET /rooms/:roomId/peers',
  getPeer: 'GET /rooms/:roomId/peers/:peerId',
  getPeerCourse: 'GET /rooms/:roomId/peers/:peerId/course',
  changePeer: 'PATCH /rooms/:roomId/peers/:peerId',
  removePeer: 'DELETE /rooms/:roomId/peers/:peerId',
  banPeer: 'POST /rooms/:roomId/peers/:peerId/ban',
  mutePeer: 'PUT /rooms/:roomId/peers/:peerId/mute',
  allowPeer: 'DELETE /rooms/:roomId/peers/:peerId/mute',
  listTransports: 'GET /rooms/:roomId/peers/:peerId/transports',
  getTransportStats: 'GET /rooms/:roomId/peers/:peerId/transports/:transportId/stats',
  listDataProducers: 'GET /rooms/:roomId/peers/:peerId/data-producers',
  listDataConsumers: 'GET /rooms/:roomId/peers/:peerId/data-consumers',
  startCapture: 'POST /rooms/:roomId/capture',
  getCapture: 'GET /captures/:captureId',
  discardCapture: 'DELETE /captures/:captureId',
  listProducers: 'GET /rooms/:roomId/producers',
  getProducer: 'GET /rooms/:roomId/producers/:producerId',
  getProducerStats: 'GET /rooms/:roomId/producers/:producerId/stats',
  muteProducer: 'PUT /rooms/:roomId/producers/:producerId/pause',
  allowProducer: 'DELETE /rooms/:roomId/producers/:producerId/pause',
  closeProducer: 'DELETE /rooms/:roomId/producers/:producerId',
  listConsumers: 'GET /rooms/:roomId/consumers',
  getConsumer: 'GET /rooms/:roomId/consumers/:consumerId',
  getConsumerStats: 'GET /rooms/:roomId/consumers/:consumerId/stats',
  pauseConsumer: 'PUT /rooms/:roomId/consumers/:consumerId/pause',
  resumeConsumer: 'DELETE /rooms/:roomId/consumers/:consumerId/pause',
  closeConsumer: 'DELETE /rooms/:roomId/consumers/:consumerId',
  createSession: 'POST /sessions',
  listSessions: 'GET /sessions',
  getSession: 'GET /sessions/:roomId',
  closeSession: 'DELETE /sessions/:roomId',
  takeOverSession: 'PUT /sessions/:roomId/owner',
  createEndpoint: 'POST /rooms/:roomId/endpoints',
  listEndpoints: 'GET /rooms/:roomId/endpoints',
  getEndpoint: 'GET /rooms/:roomId/endpoints/:peerId',
  closeEndpoint: 'DELETE /rooms/:roomId/endpoints/:peerId',
  takeOverEndpoint: 'PUT /rooms/:roomId/endpoints/:peerId/owner',
  openPlainTransport: 'POST /rooms/:roomId/endpoints/:peerId/plain-transports',
  openPipeTransport: 'POST /rooms/:roomId/endpoints/:peerId/pipe-transports',
  connectTransport: 'POST /rooms/:roomId/endpoints/:peerId/transports/:transportId/connect',
  closeEndpointTransport: 'DELETE /rooms/:roomId/endpoints/:peerId/transports/:transportId',
  getEndpointTransportStats: 'GET /rooms/:roomId/endpoints/:peerId/transports/:transportId/stats',
  produce: 'POST /rooms/:roomId/endpoints/:peerId/producers',
  pauseEndpointProducer: 'POST /rooms/:roomId/endpoints/:peerId/producers/:producerId/pause',
  resumeEndpointProducer: 'POST /rooms/:roomId/endpoints/:peerId/producers/:producerId/resume',
  closeEndpointProducer: 'DELETE /rooms/:roomId/endpoints/:peerId/producers/:producerId',
  consume: 'POST /rooms/:roomId/endpoints/:peerId/consumers',
  pauseEndpointConsumer: 'POST /rooms/:roomId/endpoints/:peerId/consumers/:consumerId/pause',
  resumeEndpointConsumer: 'POST /rooms/:roomId/endpoints/:peerId/consumers/:consumerId/resume',
  closeEndpointConsumer: 'DELETE /rooms/:roomId/endpoints/:peerId/consumers/:consumerId',
  requestEndpointKeyFrame: 'POST /rooms/:roomId/endpoints/:peerId/consumers/:consumerId/key-frame',
  sendToRoom: 'POST /rooms/:roomId/messages',
  sendToPeer: 'POST /rooms/:roomId/peers/:peerId/messages',
  mintPeerToken: 'POST /tokens',
  listBans: 'GET /bans',
  addBan: 'POST /bans',
  getBan: 'GET /bans/:banId',
  liftBan: 'DELETE /bans/:banId',
  getNode: 'GET /node',
  listNodes: 'GET /nodes',
  getPlacement: 'GET /placement',
  drainNode: 'POST /node/drain',
  cancelDrain: 'DELETE /node/drain',
  listWorkers: 'GET /workers',
  getTopRooms: 'GET /metrics/top',
  listTimeline: 'GET /timeline',
  listAudit: 'GET /audit',
  listWebhooks: 'GET /webhooks',
  resumeWebhook: 'POST /webhooks/:name/resume',
  letInWebhook: 'POST /webhooks/:name/let-in',
  listDeadLetters: 'GET /webhooks/dead-letters',
  replayDeadLetters: 'POST /webhooks/dead-letters/replay',
  discardDeadLetters: 'POST /webhooks/dead-letters/discard',
} as const satisfies Record<keyof Operations, string>;

export interface WebhookData {
  /**
   * A room was opened, by its first peer or by a program. Its sequence begins with 1. In a mesh the first node that has the room tells it.
   */
  room_started: {
    roomId: string; // at most 128 characters
    workerIndex: number;
  };
  /**
   * The options of a room changed.
   */
  room_changed: {
    roomId: string; // at most 128 characters
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A room was locked: new peers are refused.
   */
  room_locked: {
    roomId: string; // at most 128 characters
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A room was unlocked.
   */
  room_unlocked: {
    roomId: string; // at most 128 characters
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A room closed. It is the last event of that life of the room. In a mesh it is told when no node has the room any more.
   */
  room_finished: {
    roomId: string; // at most 128 characters
    reason: "empty" | "closed" | "draining" | "server_closed";
    duration: number; // How long it was open, in milliseconds
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A peer joined the call.
   */
  peer_joined: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    displayName: string;
    hidden: boolean;
    duration: number; // How long joining took, in milliseconds
  };
  /**
   * The display name of a peer changed.
   */
  peer_renamed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    displayName: string;
    hidden: boolean;
    oldDisplayName: string;
  };
  /**
   * The permission of a peer to publish changed.
   */
  peer_permissions_changed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    publish: boolean | ("audio" | "video" | "screen" | "data")[]; // All, nothing, or only these sources
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * The application changed the metadata of a peer.
   */
  peer_metadata_changed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    metadata: { [key: string]: unknown };
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A peer, a moderator or a program changed the attributes of a peer.
   */
  peer_attributes_changed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    attributes: { [key: string]: unknown }; // what a peer says of itself, at most 64, of 4096 bytes as JSON together
    hidden: boolean;
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A peer left the call.
   */
  peer_left: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    reason: "left" | "disconnected" | "rejoin" | "replaced" | "removed" | "join_timeout" | "room_closed" | "draining" | "protocol_error" | "server_closed" | "node_lost"; // `node_lost`: its node in a mesh ended without a word; another node tells it
    node?: string; // With `node_lost`: that node
    detail: string; // What is known beside the reason, such as what a moderator wrote
    hidden: boolean;
    duration: number; // How long it was in the room, in milliseconds
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A moderator or a program removed a peer. If the peer had joined, `peer_left` is sent as well.
   */
  peer_removed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    reason: "left" | "disconnected" | "rejoin" | "replaced" | "removed" | "join_timeout" | "room_closed" | "draining" | "protocol_error" | "server_closed" | "node_lost"; // `node_lost`: its node in a mesh ended without a word; another node tells it
    node?: string; // With `node_lost`: that node
    detail: string; // What is known beside the reason, such as what a moderator wrote
    hidden: boolean;
    duration: number; // How long it was in the room, in milliseconds
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A peer left that could not have all the media that it wanted: `course` says how far each of its connections came, and what is likely to be in the way. Also sent for a peer that had not joined.
   */
  peer_media_failed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    course: {
      address: string; // From which its signaling came
      displayName: string;
      device: string; // Name and version, as its client says; empty before it joined
      outcome: "unreachable" | "dtls_failed" | "lost" | "unused" | "connected"; // What became of its media
      media: string; // The same as a sentence, with what is likely to be in the way
      toMedia: number | null; // Null when it never could
      transports: ({
        direction: "send" | "receive" | "both"; // As the client sees it
        offered: string[]; // The candidates that the client was given, such as `udp 203.0.113.7:40000`
        ice: {
          after: number; // Until ICE found a way for the first time, in milliseconds
          protocol: "udp" | "tcp";
          local: string; // The side of the server in the pair that was selected last, as address:port
          remote: string; // The client's side of it: its own, that of a NAT, or that of a relay, as address:port
        } | null; // Null where ICE found no way, and for RTP without WebRTC
        connected: number | null; // Null when it never was
        lost: number; // How often the way was lost
        waited: boolean; // Whether its client tried for 15 seconds in vain
        end: "peer_left" | "ice_failed" | "dtls_failed" | "dtls_closed" | "router_closed" | "rejoin" | "closed" | "not_allowed" | null; // Null while it is open
        used: boolean; // Whether its client asked to connect it
      })[]; // The latest eight
      quality: {
        roundTrip: {
          mean: number;
          max: number;
        } | null;
        lossIn: number | null; // Share of the packets from the peer that were lost, 0 to 1
        lossOut: number | null; // Share of the packets to the peer that it says were lost, 0 to 1
        score: {
          mean: number;
          min: number;
        } | null;
      } | null; // By the samples of the metrics, up to 15 seconds before its end. Null for a stay that was too short for one
      refused: {
        method: string;
        code: string;
        count: number;
      }[]; // Its requests that were answered with an error
      duration: number; // How long it was in the room, in milliseconds
      end: {
        reason: "left" | "disconnected" | "rejoin" | "replaced" | "removed" | "join_timeout" | "room_closed" | "draining" | "protocol_error" | "server_closed";
        detail: string;
        by: {
          kind: "peer" | "moderator" | "admin" | "api" | "server";
          id: string;
        };
      } | null; // Null while it is in the room
    };
  };
  /**
   * A peer started to publish audio or video.
   */
  producer_opened: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    producerId: string; // at most 128 characters
    kind: "audio" | "video";
    source: "audio" | "video" | "screen" | "data";
    paused: boolean;
    codec: string; // Such as opus or vp8
  };
  /**
   * The peer or a moderator paused a producer.
   */
  producer_paused: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    producerId: string; // at most 128 characters
    kind: "audio" | "video";
    source: "audio" | "video" | "screen" | "data";
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A producer was resumed.
   */
  producer_resumed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    producerId: string; // at most 128 characters
    kind: "audio" | "video";
    source: "audio" | "video" | "screen" | "data";
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A producer closed.
   */
  producer_closed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    producerId: string; // at most 128 characters
    kind: "audio" | "video";
    source: "audio" | "video" | "screen" | "data";
    reason: "peer" | "moderator" | "transport_closed" | "peer_left" | "not_allowed" | "overloaded";
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * A peer started to receive a producer of another peer.
   */
  consumer_opened: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    consumerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    producerPeerId: string; // at most 128 characters
    kind: "audio" | "video";
    type: "simple" | "simulcast" | "svc" | "pipe";
    codec: string; // Such as opus or vp8
  };
  /**
   * A peer stopped receiving a producer.
   */
  consumer_closed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    consumerId: string; // at most 128 characters
    producerId: string; // at most 128 characters
    producerPeerId: string; // at most 128 characters
    kind: "audio" | "video";
    reason: "peer" | "moderator" | "rejected" | "unanswered" | "producer_closed" | "transport_closed" | "peer_left";
  };
  /**
   * A peer opened a data channel for sending.
   */
  data_producer_opened: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    dataProducerId: string; // at most 128 characters
    label: string;
  };
  /**
   * A peer stopped sending on a data channel.
   */
  data_producer_closed: {
    roomId: string; // at most 128 characters
    peerId: string; // at most 128 characters
    sessionId: string; // This stay of the peer in the room; a peer that comes again has another
    dataProducerId: string; // at most 128 characters
    reason: "peer" | "moderator" | "transport_closed" | "peer_left" | "not_allowed" | "overloaded";
  };
  /**
   * The active speaker changed.
   */
  active_speaker: {
    roomId: string; // at most 128 characters
    peerId: string | null; // Null when everyone is silent
    volume: number | null; // dBov, -127 (silent) to 0 (RFC 6464)
  };
  /**
   * A drain started: the node accepts no new rooms.
   */
  node_draining: {
    deadline: number; // When it ends, ms since the epoch
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * The drain was cancelled: the node accepts new rooms again.
   */
  node_drain_cancelled: {
    by: {
      kind: "peer" | "moderator" | "admin" | "api" | "server";
      id: string; // A peer id, or the name of a user or a key; empty for the server
    };
  };
  /**
   * The drain ended.
   */
  node_drained: {
    remainingPeers: number;
  };
  /**
   * A media worker started.
   */
  worker_started: {
    workerIndex: number;
    pid: number;
    restart: boolean; // Whether it replaces a dead one
  };
  /**
   * A media worker died. Its rooms move to another one.
   */
  worker_died: {
    workerIndex: number;
    pid: number;
    cause: string;
  };
}
