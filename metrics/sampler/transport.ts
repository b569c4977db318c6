import type { types } from 'mediasoup';
import { transportStatistics } from '../../src/sfu/media/transport-statistics.ts';
import { transports } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import { HighWater } from './high-water.ts';
import type { Quality, Subject } from './subject.ts';
import type { Tally } from './tally.ts';

type TotalField = 'bytesReceived' | 'bytesSent' | MediaField;
type MediaField =
  | 'rtpBytesReceived'
  | 'rtpBytesSent'
  | 'rtxBytesReceived'
  | 'rtxBytesSent'
  | 'probationBytesSent';

interface Direction {
  readonly direction: 'in' | 'out';
  readonly total: 'bytesReceived' | 'bytesSent';
  readonly parts: readonly (readonly [content: string, field: MediaField])[];
}

/** Which of mediasoup's totals stands for what. What is in the total and in no part is RTCP, DTLS, STUN and SCTP. */
const directions: readonly Direction[] = [
  {
    direction: 'in',
    total: 'bytesReceived',
    parts: [
      ['rtp', 'rtpBytesReceived'],
      ['rtx', 'rtxBytesReceived'],
    ],
  },
  {
    direction: 'out',
    total: 'bytesSent',
    parts: [
      ['rtp', 'rtpBytesSent'],
      ['rtx', 'rtxBytesSent'],
      ['probation', 'probationBytesSent'],
    ],
  },
];

export class TransportSubject implements Subject {
  readonly #totals = new HighWater<TotalField>();
  #hasMedia = false;
  #quality: Quality = {};

  /** @param onMedia called once, when the first RTP in either direction is seen */
  constructor(
    private readonly transport: types.Transport,
    private readonly page: Page,
    private readonly onMedia: (transportId: string) => void,
  ) {}

  get id(): string {
    return this.transport.id;
  }

  get closed(): boolean {
    return this.transport.closed;
  }

  get quality(): Quality {
    return this.#quality;
  }

  async sample(): Promise<void> {
    const stat = await transportStatistics(this.transport);
    if (!stat) return;
    for (const direction of directions) this.#count(direction, stat);
    this.#observe(stat);
    if (this.#hasMedia || stat.rtpBytesReceived + stat.rtpBytesSent === 0) return;
    this.#hasMedia = true;
    this.onMedia(this.transport.id);
  }

  tally(tally: Tally): void {
    const { transport } = this;
    if (transport.type !== 'webrtc') return;
    const { iceState, dtlsState, sctpState, iceSelectedTuple } = transport as types.WebRtcTransport;
    tally.add(transports.transportsByIce, {
      state: iceState,
      protocol: iceSelectedTuple?.protocol ?? 'none',
    });
    tally.add(transports.transportsByDtls, { state: dtlsState });
    tally.add(transports.transportsBySctp, { state: sctpState ?? 'none' });
  }

  #count({ direction, total, parts }: Direction, stat: types.BaseTransportStats): void {
    let other = this.#totals.rise(total, stat[total]);
    for (const [content, field] of parts) {
      const more = this.#totals.rise(field, stat[field]);
      if (more > 0) this.page.add(transports.transportBytes, more, { direction, content });
      other -= more;
    }
    if (other > 0) this.page.add(transports.transportBytes, other, { direction, content: 'other' });
  }

  #observe(stat: types.BaseTransportStats): void {
    const { rtpPacketLossReceived, rtpPacketLossSent, availableOutgoingBitrate } = stat;
    if (rtpPacketLossReceived !== undefined && stat.rtpRecvBitrate > 0) {
      this.page.observe(transports.transportLoss, rtpPacketLossReceived, { direction: 'in' });
      this.#quality = { lossRatio: rtpPacketLossReceived };
    }
    if (rtpPacketLossSent !== undefined && stat.rtpSendBitrate > 0) {
      this.page.observe(transports.transportLoss, rtpPacketLossSent, { direction: 'out' });
      this.#quality = { lossRatio: rtpPacketLossSent };
    }
    if (availableOutgoingBitrate && stat.rtpSendBitrate > 0) {
      this.page.observe(transports.availableOutgoing, availableOutgoingBitrate / 8);
    }
  }
}
