import { codecNames } from '../../core/codecs.ts';
import { oneOf } from '../../core/schemas.ts';
import { defaulted, fraction, integer, list, optional, type Settings } from '../kinds.ts';

const megabit = 1_000_000;

const codecName = { schema: oneOf(codecNames), wants: `any of ${codecNames.join(', ')}` };

/** What the media workers do with media. Bitrates are bits a second. */
export const mediaSettings = {
  workers: optional(
    integer(
      { from: 1, to: 512 },
      { env: 'TUREEN_WORKERS', defaultDoc: 'the number of cores', doc: 'How many mediasoup workers run.' },
    ),
  ),
  roomMbpsPerWorker: defaulted(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_ROOM_MBPS_PER_WORKER',
        doc: 'A room whose consumers on one worker take so many megabits a second places its next peers on another worker. They are counted by nominal figures: a picture of one size 1 Mbit/s, of several 0.1, 0.5 or 1.5 by the one that is sent, sound 0.1, a tenth while paused.',
      },
    ),
    300,
  ),
  roomConsumersPerWorker: optional(
    integer(
      { from: 1, to: 100_000 },
      {
        env: 'TUREEN_ROOM_CONSUMERS_PER_WORKER',
        defaultDoc: 'not set: they are counted for what they cost',
        doc: 'Deprecated, removed in the next version: a room with this many consumers on one worker places its next peers on another one, whatever TUREEN_ROOM_MBPS_PER_WORKER says.',
      },
    ),
  ),
  codecs: defaulted(
    list(codecName, { env: 'TUREEN_CODECS', doc: 'The codecs that rooms offer, the preferred first.' }),
    ['opus', 'VP8', 'VP9', 'H264', 'AV1'],
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
  maxEgressMbps: optional(
    integer(
      { from: 1, to: 1_000_000 },
      {
        env: 'TUREEN_MAX_EGRESS_MBPS',
        defaultDoc: 'not set: not looked at',
        doc: 'What this host may send, in megabits a second: what its network or its contract carries. It limits nothing by itself: with it the stress level of the node (docs/operations.md) takes in what the interfaces with a default route send, other programs of the host included.',
      },
    ),
  ),
  fullAt: defaulted(
    fraction(
      { from: 0.1, to: 1 },
      {
        env: 'TUREEN_FULL_AT',
        doc: 'From this stress level of the node on (docs/operations.md) nobody new is let in, until it has fallen a tenth below it. Who is in a call stays, may publish and may come back. 1 turns it off, as it is in development mode.',
      },
    ),
    0.85,
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
} as const satisfies Settings;
