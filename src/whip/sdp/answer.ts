import type { types } from 'mediasoup';
import { type MediaDescription, type SessionDescription, write } from 'sdp-transform';
import { sentRids } from './encodings.ts';
import type { IceCredentials, Offer, OfferedMedia } from './offer.ts';
import type { PublishedTrack } from './published.ts';

/** Candidates may come later, by PATCH (RFC 8840), and ICE is that of RFC 8445. */
const iceOptions = 'trickle ice2';

/** The server's side of a connection. */
export interface LocalTransport {
  readonly iceParameters: types.IceParameters;
  readonly iceCandidates: readonly types.IceCandidate[];
  readonly dtlsParameters: types.DtlsParameters;
}

/** One m= section that we write, without the lines that all sections share. */
export type Section = Omit<MediaDescription, 'port' | 'protocol'> & Pick<MediaDescription, 'mid' | 'type'>;

/** The answer to a publisher: the sections of its offer, recvonly. */
export function answerPublisher(
  offer: Offer,
  tracks: readonly PublishedTrack[],
  transport: LocalTransport,
): string {
  return writeAnswer(offer, transport, tracks.map(publishedSection));
}

/** Writes an answer from its sections and the transport (RFC 9429, section 5.3.1). */
export function writeAnswer(offer: Offer, transport: LocalTransport, sections: readonly Section[]): string {
  // The server is passive if it may be: then the client, which may be behind a NAT, sends first.
  const setup = offer.setup === 'passive' ? 'active' : 'passive';
  return writeSession({ transport, setup, sections, mixedExtensions: offer.mixedExtensions });
}

export interface SessionParts {
  readonly transport: LocalTransport;
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly sections: readonly Section[];
  readonly mixedExtensions: boolean;
}

/** Writes a whole description. Candidates are in the first section only, whose transport the bundle uses (RFC 9143). */
export function writeSession({ transport, setup, sections, mixedExtensions }: SessionParts): string {
  const session: SessionDescription = {
    version: 0,
    origin: {
      username: '-',
      // Any number of up to 62 bits (RFC 9429, section 5.2.1).
      sessionId: String(crypto.getRandomValues(new Uint32Array(1)).join('')),
      sessionVersion: 1,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    groups: [{ type: 'BUNDLE', mids: sections.map(({ mid }) => mid).join(' ') }],
    ...(mixedExtensions && { extmapAllowMixed: 'extmap-allow-mixed' as const }),
    msidSemantic: { semantic: 'WMS', token: '*' },
    media: sections.map((section, index) => ({
      ...sharedLines(transport, setup),
      ...section,
      ...(index === 0 && candidateLines(transport.iceCandidates)),
    })),
  };
  return write(session);
}

/** Writes what an ICE restart changed, as an SDP fragment (RFC 8840, section 4.4). */
export function writeFragment(
  transport: Pick<LocalTransport, 'iceParameters' | 'iceCandidates'>,
  media: readonly Pick<OfferedMedia, 'mid' | 'kind'>[],
): string {
  const [first] = media;
  const { usernameFragment, password } = credentialsOf(transport.iceParameters);
  const lines = [
    'a=ice-lite',
    `a=ice-options:${iceOptions}`,
    `a=group:BUNDLE ${media.map(({ mid }) => mid).join(' ')}`,
    `m=${first?.kind} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${first?.mid}`,
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    ...transport.iceCandidates.map((candidate) => `a=candidate:${candidateText(candidate)}`),
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function sharedLines({ iceParameters, dtlsParameters }: LocalTransport, setup: SessionParts['setup']) {
  const { usernameFragment, password } = credentialsOf(iceParameters);
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  return {
    port: 9,
    protocol: 'UDP/TLS/RTP/SAVPF',
    connection: { version: 4, ip: '0.0.0.0' },
    iceUfrag: usernameFragment,
    icePwd: password,
    iceOptions,
    ...(fingerprint && { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    setup,
    rtcpMux: 'rtcp-mux' as const,
    rtcpRsize: 'rtcp-rsize' as const,
    invalid: [{ value: 'rtcp-mux-only' }],
  };
}

function credentialsOf({ usernameFragment, password }: types.IceParameters): IceCredentials {
  return { usernameFragment, password };
}

function candidateLines(candidates: readonly types.IceCandidate[]) {
  return {
    candidates: candidates.map(({ foundation, protocol, priority, address, port, type, tcpType }) => ({
      foundation,
      component: 1,
      transport: protocol,
      priority,
      ip: address,
      port,
      type,
      ...(tcpType && { tcptype: tcpType }),
    })),
    endOfCandidates: 'end-of-candidates' as const,
  };
}

function candidateText({
  foundation,
  protocol,
  priority,
  address,
  port,
  type,
  tcpType,
}: types.IceCandidate): string {
  const tcp = tcpType === undefined ? '' : ` tcptype ${tcpType}`;
  return `${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcp}`;
}

function publishedSection({ media, rtpParameters, codec }: PublishedTrack): Section {
  const { kind, mid, description } = media;
  const [, rtx] = rtpParameters.codecs;
  const rids = description.simulcast ? sentRids(description) : [];
  return {
    type: kind,
    mid,
    direction: 'recvonly',
    payloads: rtpParameters.codecs.map(({ payloadType }) => payloadType).join(' '),
    rtp: rtpParameters.codecs.map(rtpMap),
    fmtp: [
      ...(codec.config === undefined ? [] : [{ payload: codec.payloadType, config: codec.config }]),
      ...(rtx ? [{ payload: rtx.payloadType, config: `apt=${codec.payloadType}` }] : []),
    ],
    rtcpFb: rtpParameters.codecs.flatMap(feedbackLines),
    ext: (rtpParameters.headerExtensions ?? []).map(({ id, uri }) => ({ value: id, uri })),
    ...(rids.length > 0 && {
      rids: rids.map((id) => ({ id, direction: 'recv' })),
      simulcast: { dir1: 'recv' as const, list1: rids.join(';') },
    }),
  };
}

/** The a=rtpmap line of a codec. */
export function rtpMap({ payloadType, mimeType, clockRate, channels = 1 }: types.RtpCodecParameters) {
  const [, codec = ''] = mimeType.split('/');
  return { payload: payloadType, codec, rate: clockRate, ...(channels > 1 && { encoding: channels }) };
}

/** The a=rtcp-fb lines of a codec. */
export function feedbackLines({ payloadType, rtcpFeedback = [] }: types.RtpCodecParameters) {
  return rtcpFeedback.map(({ type, parameter }) => ({
    payload: payloadType,
    type,
    ...(parameter && { subtype: parameter }),
  }));
}
