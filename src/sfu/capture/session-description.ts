import type { types } from 'mediasoup';
import { ipVersion } from '../../core/networks.ts';
import { type Endpoint, udpFrame } from './frames.ts';

/** Where sessions are announced (RFC 2974). */
const announcements = {
  four: { address: '224.2.127.254', port: 9875 },
  six: { address: 'ff0e::2:7ffe', port: 9875 },
} as const;

/**
 * A packet that announces a track as SAP does (RFC 2974): an analyser that reads it knows that what follows between these
 * ports is RTP, and which payload type is which codec.
 */
export function announcementFrame(
  to: Endpoint,
  from: Endpoint,
  { kind, rtpParameters: { codecs } }: { kind: types.MediaKind; rtpParameters: types.RtpParameters },
): Buffer {
  const family = ipVersion(to.address) === 6 ? 'IP6' : 'IP4';
  const maps = codecs.map(({ payloadType, mimeType, clockRate, channels }) => {
    const name = mimeType.split('/')[1];
    return `a=rtpmap:${payloadType} ${name}/${clockRate}${channels === undefined ? '' : `/${channels}`}`;
  });
  const description = [
    'v=0',
    `o=tureen 1 1 IN ${family} ${from.address}`,
    's=capture',
    `c=IN ${family} ${to.address}`,
    't=0 0',
    `m=${kind} ${to.port} RTP/AVP ${codecs.map(({ payloadType }) => payloadType).join(' ')}`,
    ...maps,
    '',
  ].join('\r\n');
  const isSix = family === 'IP6';
  // Version 1 of the protocol, without authentication; the sender's address may be zero.
  const header = Buffer.alloc(isSix ? 20 : 8);
  header.writeUInt8(isSix ? 0x30 : 0x20, 0);
  header.writeUInt16BE(1, 2);
  const payload = Buffer.concat([header, Buffer.from(`application/sdp\0${description}`)]);
  return udpFrame(
    { ...from, port: announcements.four.port },
    isSix ? announcements.six : announcements.four,
    payload,
  );
}
