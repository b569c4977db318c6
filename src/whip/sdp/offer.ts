import type { types } from 'mediasoup';
import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { SfuError } from '../../core/errors.ts';
import { checkSdpLimits, invalidSdp } from './limits.ts';

/** What the client is going to do: send to the room (WHIP) or receive from it (WHEP). */
export type Purpose = 'publish' | 'watch';

export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

/** One m= section of an offer. */
export interface OfferedMedia {
  readonly mid: string;
  readonly kind: types.MediaKind;
  readonly description: MediaDescription;
}

/** The session description (RFC 8866) of a WebRTC client, checked for what WHIP and WHEP require. */
export interface Offer {
  readonly media: readonly OfferedMedia[];
  readonly ice: IceCredentials;
  /** Fingerprint of the client's DTLS certificate. */
  readonly fingerprint: types.DtlsFingerprint;
  /** The client's role in DTLS (RFC 8842); `actpass` leaves it to the answer. */
  readonly setup: 'actpass' | 'active' | 'passive';
  /** Whether one-byte and two-byte header extensions may be mixed (RFC 8285, section 4.1.2). */
  readonly mixedExtensions: boolean;
}

const directions: Readonly<Record<Purpose, readonly string[]>> = {
  publish: ['sendonly', 'sendrecv'],
  watch: ['recvonly', 'sendrecv'],
};

/** Reads an offer. @throws SfuError invalid_sdp when it is malformed, unacceptable_offer when it cannot be served */
export function readOffer(text: string, purpose: Purpose): Offer {
  const session = readSession(text);
  const media = session.media.map((description) => readMedia(description));
  if (media.length === 0) throw invalidSdp('it has no m= section; offer audio, video or both');
  checkCount(media);
  checkMids(media);
  checkBundle(session, media);
  for (const { mid, description } of media)
    checkDirection(mid, description.direction ?? session.direction, purpose);
  return { media, ...readTransport(session), mixedExtensions: isMixed(session) };
}

/** Reads the transport, which with BUNDLE (RFC 9143) all sections share. @throws SfuError invalid_sdp */
export function readTransport(session: SessionDescription): Pick<Offer, 'ice' | 'fingerprint' | 'setup'> {
  const levels = [...session.media, session];
  const first = <T>(read: (level: (typeof levels)[number]) => T | undefined) =>
    levels.map(read).find((value) => value !== undefined);
  const usernameFragment = first(({ iceUfrag }) => iceUfrag);
  const password = first(({ icePwd }) => icePwd);
  const fingerprint = first((level) => level.fingerprint);
  const setup = first((level) => level.setup) ?? 'actpass';
  if (usernameFragment === undefined || password === undefined)
    throw invalidSdp('a=ice-ufrag or a=ice-pwd is missing');
  if (!fingerprint) throw invalidSdp('a=fingerprint is missing; DTLS needs it');
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw invalidSdp(`a=setup must be actpass, active or passive, got "${setup}"`);
  return {
    // The parser turns text that looks like a number into one.
    ice: { usernameFragment: String(usernameFragment), password: String(password) },
    fingerprint: fingerprintOf(fingerprint),
    setup,
  };
}

/** @throws SfuError invalid_sdp */
export function readSession(text: string): SessionDescription {
  if (!/^v=0\r?\n/.test(text)) throw invalidSdp('it must begin with the line v=0');
  checkSdpLimits(text);
  try {
    const session = parse(text);
    if (session.origin) return session;
  } catch (error) {
    throw invalidSdp(`it cannot be parsed (${error instanceof Error ? error.message : error})`);
  }
  throw invalidSdp('the line o= is missing');
}

export function unacceptableOffer(problem: string): SfuError {
  return new SfuError('unacceptable_offer', problem);
}

function readMedia(description: MediaDescription): OfferedMedia {
  const { type, protocol, mid, rtcpMux, port, bundleOnly } = description;
  if (type !== 'audio' && type !== 'video')
    throw unacceptableOffer(`an m= section for "${type}" is not supported; offer audio and video only`);
  if (!/^(UDP|TCP)\/TLS\/RTP\/SAVPF$/.test(protocol))
    throw unacceptableOffer(
      `${protocol} is not supported for ${type}; offer UDP/TLS/RTP/SAVPF, as WebRTC does`,
    );
  if (mid === undefined || String(mid).length === 0)
    throw invalidSdp(`the ${type} section has no a=mid; add one`);
  if (port === 0 && !bundleOnly)
    throw unacceptableOffer(`the ${type} section has port 0; leave out what you do not use`);
  if (!rtcpMux) throw unacceptableOffer(`the ${type} section has no a=rtcp-mux; add it`);
  return { mid: String(mid), kind: type, description };
}

/** At most one audio and one video track (RFC 9725, section 4.4.2). */
function checkCount(media: readonly OfferedMedia[]): void {
  for (const kind of ['audio', 'video'] as const) {
    if (media.filter((section) => section.kind === kind).length > 1)
      throw unacceptableOffer(
        `only one ${kind} section is supported; open another session for the next track`,
      );
  }
}

/** Sections are told apart by their mids, and in a bundle packets are, too (RFC 9143). */
function checkMids(media: readonly OfferedMedia[]): void {
  const [twice] = media.filter(({ mid }, index) => media.findIndex((other) => other.mid === mid) < index);
  if (twice) throw invalidSdp(`a=mid:${twice.mid} is in two sections; give each section one of its own`);
}

function checkBundle({ groups = [] }: SessionDescription, media: readonly OfferedMedia[]): void {
  const mids = groups.find(({ type }) => type === 'BUNDLE')?.mids;
  const bundled = mids === undefined ? [] : String(mids).split(' ');
  const unbundled = media.find(({ mid }) => !bundled.includes(mid));
  if (media.length > 1 && unbundled)
    throw unacceptableOffer(
      `the section "${unbundled.mid}" is not in a=group:BUNDLE; offer all sections in one bundle`,
    );
}

function checkDirection(mid: string, direction = 'sendrecv', purpose: Purpose): void {
  const accepted = directions[purpose];
  if (accepted.includes(direction)) return;
  throw unacceptableOffer(`the section "${mid}" is ${direction}; to ${purpose} it must be ${accepted[0]}`);
}

function isMixed({ extmapAllowMixed, media }: SessionDescription): boolean {
  return extmapAllowMixed !== undefined || media.every((section) => section.extmapAllowMixed !== undefined);
}

/** The hash functions for certificates (RFC 8122), with the bytes of their values. */
const bytesOf = { 'sha-1': 20, 'sha-224': 28, 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 } as const;
const algorithms = Object.keys(bytesOf) as (keyof typeof bytesOf)[];

function fingerprintOf({ type, hash }: { type: string; hash: string }): types.DtlsFingerprint {
  const algorithm = algorithms.find((known) => known === String(type).toLowerCase());
  if (!algorithm) throw invalidSdp(`the algorithm "${type}" of a=fingerprint is not supported; use sha-256`);
  const value = String(hash).toUpperCase();
  const bytes = value.split(':');
  if (bytes.length !== bytesOf[algorithm] || !bytes.every((byte) => /^[0-9A-F]{2}$/.test(byte)))
    throw invalidSdp(
      `a=fingerprint has no value of ${algorithm}; send ${bytesOf[algorithm]} bytes in hexadecimal with colons between them`,
    );
  return { algorithm, value };
}
