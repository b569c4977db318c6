import type { types } from 'mediasoup';
import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { SfuError } from '../../core/errors.ts';

/** What the one who offers wants: to send to the room (WHIP) or to receive from it (WHEP). */
export type Purpose = 'publish' | 'watch';

export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

/** One m= section that is to carry media. */
export interface OfferedMedia {
  readonly mid: string;
  readonly kind: types.MediaKind;
  readonly description: MediaDescription;
}

/** A session description (RFC 8866) of a WebRTC client, checked as far as WHIP and WHEP ask. */
export interface Offer {
  readonly media: readonly OfferedMedia[];
  readonly ice: IceCredentials;
  /** Of the certificate with which the client will come. */
  readonly fingerprint: types.DtlsFingerprint;
  /** Which side of DTLS the client takes (RFC 8842): `actpass` leaves it to the answer. */
  readonly setup: 'actpass' | 'active' | 'passive';
  /** One-byte and two-byte header extensions may be mixed (RFC 8285, section 4.1.2). */
  readonly mixedExtensions: boolean;
}

const directions: Readonly<Record<Purpose, readonly string[]>> = {
  publish: ['sendonly', 'sendrecv'],
  watch: ['recvonly', 'sendrecv'],
};

/** @throws SfuError invalid_sdp for what cannot be read, unacceptable_offer for what can be read but not served */
export function readOffer(text: string, purpose: Purpose): Offer {
  const session = readSession(text);
  const media = session.media.map((description) => readMedia(description));
  if (media.length === 0) throw invalid('it has no m= section; offer audio, video or both');
  checkCount(media);
  checkBundle(session, media);
  for (const { mid, description } of media)
    checkDirection(mid, description.direction ?? session.direction, purpose);
  return { media, ...readTransport(session), mixedExtensions: isMixed(session) };
}

/** What concerns the connection; with BUNDLE (RFC 9143) it is the same for every section. @throws SfuError invalid_sdp */
export function readTransport(session: SessionDescription): Pick<Offer, 'ice' | 'fingerprint' | 'setup'> {
  const places = [...session.media, session];
  const first = <T>(read: (place: (typeof places)[number]) => T | undefined) =>
    places.map(read).find((value) => value !== undefined);
  const usernameFragment = first(({ iceUfrag }) => iceUfrag);
  const password = first(({ icePwd }) => icePwd);
  const fingerprint = first((place) => place.fingerprint);
  const setup = first((place) => place.setup) ?? 'actpass';
  if (usernameFragment === undefined || password === undefined)
    throw invalid('it lacks a=ice-ufrag or a=ice-pwd');
  if (!fingerprint) throw invalid('it lacks a=fingerprint, without which DTLS cannot be trusted');
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw invalid(`a=setup:${setup} is none of actpass, active and passive`);
  return {
    // The parser makes numbers of what looks like one.
    ice: { usernameFragment: String(usernameFragment), password: String(password) },
    fingerprint: {
      algorithm: algorithmOf(String(fingerprint.type)),
      value: String(fingerprint.hash).toUpperCase(),
    },
    setup,
  };
}

/** @throws SfuError invalid_sdp */
export function readSession(text: string): SessionDescription {
  if (!/^v=0\r?\n/.test(text)) throw invalid('it does not begin with the line v=0');
  try {
    const session = parse(text);
    if (session.origin) return session;
  } catch (error) {
    throw invalid(`it cannot be read (${error instanceof Error ? error.message : error})`);
  }
  throw invalid('it lacks the line o=');
}

export function invalid(what: string): SfuError {
  return new SfuError('invalid_sdp', `the session description is not good: ${what}`);
}

export function unacceptable(what: string): SfuError {
  return new SfuError('unacceptable_offer', what);
}

function readMedia(description: MediaDescription): OfferedMedia {
  const { type, protocol, mid, rtcpMux, port, bundleOnly } = description;
  if (type !== 'audio' && type !== 'video')
    throw unacceptable(`an m= section for "${type}" is not taken; offer audio and video only`);
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF$/.test(protocol))
    throw unacceptable(`${protocol} is not taken for ${type}; offer UDP/TLS/RTP/SAVPF, as WebRTC does`);
  if (mid === undefined || String(mid).length === 0) throw invalid(`the ${type} section lacks a=mid`);
  if (port === 0 && !bundleOnly)
    throw unacceptable(`the ${type} section has port 0; leave out what you do not use`);
  if (!rtcpMux) throw unacceptable(`the ${type} section lacks a=rtcp-mux, which is needed`);
  return { mid: String(mid), kind: type, description };
}

/** One audio and one video track at most (RFC 9725, section 4.4.2). */
function checkCount(media: readonly OfferedMedia[]): void {
  for (const kind of ['audio', 'video'] as const) {
    if (media.filter((section) => section.kind === kind).length > 1)
      throw unacceptable(
        `more than one ${kind} section is not taken; open another session for the next track`,
      );
  }
}

function checkBundle({ groups = [] }: SessionDescription, media: readonly OfferedMedia[]): void {
  const mids = groups.find(({ type }) => type === 'BUNDLE')?.mids;
  const bundled = mids === undefined ? [] : String(mids).split(' ');
  const outside = media.find(({ mid }) => !bundled.includes(mid));
  if (media.length > 1 && outside)
    throw unacceptable(`the section "${outside.mid}" is not in a=group:BUNDLE; offer all in one bundle`);
}

function checkDirection(mid: string, direction = 'sendrecv', purpose: Purpose): void {
  const wanted = directions[purpose];
  if (wanted.includes(direction)) return;
  throw unacceptable(`the section "${mid}" is ${direction}; to ${purpose} it has to be ${wanted[0]}`);
}

function isMixed({ extmapAllowMixed, media }: SessionDescription): boolean {
  return extmapAllowMixed !== undefined || media.every((section) => section.extmapAllowMixed !== undefined);
}

const algorithms = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;

function algorithmOf(name: string): types.FingerprintAlgorithm {
  const known = algorithms.find((algorithm) => algorithm === name.toLowerCase());
  if (known) return known;
  throw invalid(`the fingerprint's algorithm "${name}" is not known; use sha-256`);
}
