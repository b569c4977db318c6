import { Type } from '@sinclair/typebox';
import { codecNames } from '../core/codecs.ts';
import { oneOf } from '../core/schemas.ts';
import { choice, defaulted, integer, json, list, optional, type Setting, text } from './kinds.ts';
import { adminSettings } from './settings/admin.ts';
import { controlSettings } from './settings/control.ts';
import { edgeSettings } from './settings/edge.ts';
import { metricsSettings } from './settings/metrics.ts';
import { webhookSettings } from './settings/webhooks.ts';

const hour = 3600;
const megabit = 1_000_000;

/** An entry of RTCConfiguration.iceServers (W3C WebRTC, RTCIceServer). */
export const IceServer = Type.Object({
  urls: Type.Union([
    Type.String({ minLength: 1 }),
    Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  ]),
  username: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
});

const anyText = Type.String({ minLength: 1 });
const origin = {
  schema: Type.String({ pattern: '^(https?://[^/]+|\\*)$' }),
  wants: 'an origin such as https://app.example.com, or *',
};
const turnUrl = {
  schema: Type.String({ pattern: '^turns?:' }),
  wants: 'an address such as turn:turn.example.com:3478',
};
const codecName = {
  schema: oneOf(codecNames),
  wants: `any of ${codecNames.join(', ')}`,
};

/**
 * Every setting of the server. docs/configuration.md is generated from this table; to add a setting, add a row.
 * Units stand in the name or in `doc`; bitrates are bits a second.
 */
export const settings = {
  port: defaulted(
    integer({ from: 0, to: 65535 }, { env: 'PORT', doc: 'Port of HTTP and signaling. 0 takes a free one.' }),
    3000,
  ),
  host: optional(
    text({
      env: 'HOST',
      defaultDoc: '127.0.0.1 in development mode, otherwise 0.0.0.0',
      doc: 'Address that HTTP and signaling listen on. In development mode it must be a loopback address.',
    }),
  ),
  logLevel: defaulted(
    choice(['debug', 'info', 'warn', 'error'], { env: 'LOG_LEVEL', doc: 'The least level that is logged.' }),
    'info',
  ),
  apiKeyNames: optional(
    list(
      {
        schema: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
        wants: 'a name of 1 to 64 letters, digits, _ . -',
      },
      {
        env: 'TUREEN_API_KEY',
        doc: 'Name of the API key that signs tokens (claim iss). Give several, separated by commas, to change a key without a gap. Without key and secret the server runs in development mode.',
      },
    ),
  ),
  apiSecrets: optional(
    list(
      { schema: Type.String({ minLength: 32 }), wants: 'a secret of at least 32 bytes without commas' },
      {
        env: 'TUREEN_API_SECRET',
        secret: true,
        doc: 'The secret of each API key, in the same order. At least 32 bytes each, for example from `openssl rand -hex 32`.',
      },
    ),
  ),
  announcedAddresses: optional(
    list(
      { schema: anyText, wants: 'an IP address or host name' },
      {
        env: 'TUREEN_ANNOUNCED_ADDRESS',
        defaultDoc: 'the listen address, or the first address of the host when that is 0.0.0.0',
        doc: 'The address under which clients reach the media ports. Several are announced together.',
      },
    ),
  ),
  listenIp: optional(
    text(
      {
        env: 'TUREEN_LISTEN_IP',
        defaultDoc:
          "127.0.0.1 in development mode, with the host's first address beside it for Firefox; otherwise 0.0.0.0",
        doc: 'The IP address that the media ports bind.',
      },
      { regex: '^[0-9A-Fa-f.:]+$', wants: 'an IP address, not a host name' },
    ),
  ),
  rtcBasePort: defaulted(
    integer(
      { from: 0, to: 65000 },
      {
        env: 'TUREEN_RTC_BASE_PORT',
        doc: 'Worker i listens for media on this port + i, UDP and TCP. 0 takes free ones.',
      },
    ),
    40000,
  ),
  workers: optional(
    integer(
      { from: 1, to: 512 },
      { env: 'TUREEN_WORKERS', defaultDoc: 'the number of cores', doc: 'How many mediasoup workers run.' },
    ),
  ),
  iceServers: optional(
    json(Type.Array(IceServer), 'a JSON array such as [{"urls":"stun:stun.example.com"}]', {
      env: 'TUREEN_ICE_SERVERS',
      secret: true,
      doc: 'ICE servers handed to clients, as JSON. Not needed for most: the server is reachable itself, by UDP and TCP.',
    }),
  ),
  turnUrls: optional(
    list(turnUrl, {
      env: 'TUREEN_TURN_URLS',
      doc: 'TURN servers for which every client gets credentials of its own that expire (TURN REST).',
    }),
  ),
  turnSecret: optional(
    text({
      env: 'TUREEN_TURN_SECRET',
      secret: true,
      doc: 'The secret shared with the TURN servers (static-auth-secret of coturn).',
    }),
  ),
  turnSeconds: defaulted(
    integer(
      { from: 60, to: 7 * 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_TURN_SECONDS', doc: 'How long TURN credentials are valid, in seconds.' },
    ),
    12 * hour,
  ),
  allowedOrigins: optional(
    list(origin, {
      env: 'TUREEN_ALLOWED_ORIGINS',
      defaultDoc: "the server's own origin",
      doc: 'Origins whose pages may open a signaling socket or call by WHIP and WHEP. Clients that send no Origin (apps, scripts) are not affected. * allows all.',
    }),
  ),
  codecs: defaulted(
    list(codecName, { env: 'TUREEN_CODECS', doc: 'The codecs that rooms offer, the preferred first.' }),
    ['opus', 'VP8', 'VP9', 'H264', 'AV1'],
  ),
  maxPeersPerRoom: defaulted(
    integer(
      { from: 1, to: 100_000 },
      { env: 'TUREEN_MAX_PEERS_PER_ROOM', doc: 'Peers that a room may have.' },
    ),
    500,
  ),
  maxTransportsPerPeer: defaulted(
    integer(
      { from: 1, to: 64 },
      { env: 'TUREEN_MAX_TRANSPORTS_PER_PEER', doc: 'Transports that a peer may have.' },
    ),
    8,
  ),
  maxProducersPerPeer: defaulted(
    integer(
      { from: 1, to: 256 },
      { env: 'TUREEN_MAX_PRODUCERS_PER_PEER', doc: 'Producers that a peer may have.' },
    ),
    16,
  ),
  maxDataProducersPerPeer: defaulted(
    integer(
      { from: 1, to: 256 },
      { env: 'TUREEN_MAX_DATA_PRODUCERS_PER_PEER', doc: 'Data producers that a peer may have.' },
    ),
    16,
  ),
  maxIncomingBitrate: defaulted(
    integer(
      { from: 0, to: 1000 * megabit },
      {
        env: 'TUREEN_MAX_INCOMING_BITRATE',
        doc: 'Bits a second that a sending transport may send. 0 is no limit.',
      },
    ),
    8 * megabit,
  ),
  maxOutgoingBitrate: defaulted(
    integer(
      { from: 0, to: 10_000 * megabit },
      {
        env: 'TUREEN_MAX_OUTGOING_BITRATE',
        doc: 'Bits a second that a receiving transport gets at most. 0 is no limit.',
      },
    ),
    0,
  ),
  initialOutgoingBitrate: defaulted(
    integer(
      { from: 30_000, to: 1000 * megabit },
      {
        env: 'TUREEN_INITIAL_OUTGOING_BITRATE',
        doc: 'Bits a second that a receiving transport starts with, before its bandwidth is known.',
      },
    ),
    megabit,
  ),
  roomConsumersPerWorker: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_ROOM_CONSUMERS_PER_WORKER',
        doc: 'A room with this many consumers on one worker places its next peers on another worker.',
      },
    ),
    400,
  ),
  emptyRoomSeconds: defaulted(
    integer(
      { from: 0, to: 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_EMPTY_ROOM_SECONDS', doc: 'How long a room without peers is kept, in seconds.' },
    ),
    20,
  ),
  joinSeconds: defaulted(
    integer(
      { from: 1, to: 600, unit: 'seconds' },
      { env: 'TUREEN_JOIN_SECONDS', doc: 'How long a socket may be open without joining, in seconds.' },
    ),
    10,
  ),
  idleSeconds: defaulted(
    integer(
      { from: 8, to: 960, unit: 'seconds' },
      {
        env: 'TUREEN_IDLE_SECONDS',
        doc: 'A peer from which nothing is heard for this long, pings included, is gone, in seconds.',
      },
    ),
    30,
  ),
  iceFailureSeconds: defaulted(
    integer(
      { from: 0, to: 600, unit: 'seconds' },
      {
        env: 'TUREEN_ICE_FAILURE_SECONDS',
        doc: 'How long a transport that lost ICE may take to come back before it is closed, in seconds.',
      },
    ),
    30,
  ),
  drainSeconds: defaulted(
    integer(
      { from: 0, to: 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_DRAIN_SECONDS', doc: 'How long calls go on after SIGTERM or SIGINT, in seconds.' },
    ),
    60,
  ),
  messagesPerSecond: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_MESSAGES_PER_SECOND',
        doc: 'Messages a second that one socket may send for long; short bursts of five times as many pass.',
      },
    ),
    50,
  ),
  ...adminSettings,
  ...controlSettings,
  ...edgeSettings,
  ...metricsSettings,
  ...webhookSettings,
} as const satisfies Record<string, Setting>;
