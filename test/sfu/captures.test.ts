import { expect, test } from 'bun:test';
import { createHeadlessClient, createRtpTrack, RtpHeader, RtpPacket } from '../../client/headless.ts';
import { udpFrame } from '../../src/sfu/capture/frames.ts';
import { PcapFile } from '../../src/sfu/capture/pcap.ts';
import { Caller } from '../rest/support.ts';
import { apiKey, startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';

interface Frame {
  /** Bytes that were kept, and that there were. */
  readonly kept: number;
  readonly length: number;
  readonly version: number;
  readonly from: number;
  readonly to: number;
  /** What is behind the header of UDP. */
  readonly payload: Buffer;
}

/** Reads a pcap file as its specification says it. */
function framesOf(file: Uint8Array): Frame[] {
  const bytes = Buffer.from(file);
  expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4);
  expect(bytes.readUInt32LE(20)).toBe(101);
  const frames: Frame[] = [];
  for (let at = 24; at < bytes.length; ) {
    const kept = bytes.readUInt32LE(at + 8);
    const length = bytes.readUInt32LE(at + 12);
    const frame = bytes.subarray(at + 16, at + 16 + kept);
    const version = frame.readUInt8(0) >> 4;
    const udp = frame.subarray(version === 4 ? 20 : 40);
    const ports = { from: udp.readUInt16BE(0), to: udp.readUInt16BE(2) };
    frames.push({ kept, length, version, ...ports, payload: udp.subarray(8) });
    at += 16 + kept;
  }
  return frames;
}

const secret = Buffer.from('what somebody said in confidence');

test('what a peer sends is captured on demand, whole or as headers, audited, and one at a time', async () => {
  await using server = await startServer(withKeys);
  const url = `http://127.0.0.1:${server.port}`;
  const token = await tokenFor('room', 'alice');
  const alice = createHeadlessClient({ url, roomId: 'room', peerId: 'alice', token });
  await using _ = { [Symbol.asyncDispose]: () => alice.leave() };
  await alice.join();
  const { track, write } = createRtpTrack('audio');
  await alice.publish(track, 'microphone');
  let sequenceNumber = 0;
  const timer = setInterval(() => {
    sequenceNumber += 1;
    const header = new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 960, payloadType: 96 });
    write(new RtpPacket(header, secret));
  }, 20);
  using _timer = { [Symbol.dispose]: () => clearInterval(timer) };
  const api = new Caller(server, await apiKey(['media'], 'support'));
  const path = '/rooms/room/capture';
  const whole = await api.post(path, {
    peerId: 'alice',
    content: 'packets',
    seconds: 60,
    reason: 'no sound',
  });
  expect([whole.status, whole.json?.end]).toEqual([202, null]);
  const capture = `/captures/${whole.json?.id}`;
  const second = await api.post(path, { peerId: 'alice', content: 'headers', seconds: 1 });
  expect(second.json?.code).toBe('limit_reached');
  const stateOf = async (of: string) => (await api.get(of)).json;
  await eventually(
    'some packets',
    () => stateOf(capture),
    (state) => Number(state?.packets) > 5,
  );
  const fetchFile = async (of: string, key?: string) =>
    await fetch(`${url}/api/v1${of}/file`, {
      headers: { authorization: `Bearer ${key ?? (await apiKey(['media']))}` },
    });
  const answer = await fetchFile(capture);
  expect(answer.headers.get('content-type')).toBe('application/vnd.tcpdump.pcap');
  const [announced, ...packets] = framesOf(await answer.bytes());
  expect(announced?.to).toBe(9875);
  expect(announced?.payload.toString('latin1')).toMatch(
    /m=audio \d+ RTP\/AVP \d+\r\na=rtpmap:\d+ opus\/48000\/2/,
  );
  expect(packets.length).toBeGreaterThan(5);
  for (const { payload, kept, length, version } of packets) {
    expect([payload.readUInt8(0) >> 6, kept, version]).toEqual([2, length, 4]);
    expect(payload.includes(secret)).toBe(true);
  }
  expect((await fetchFile(capture, await apiKey(['read', 'moderate']))).status).toBe(403);
  expect((await api.call(capture, { method: 'DELETE' })).status).toBe(204);
  expect((await fetchFile(capture)).status).toBe(404);

  const headers = await api.post(path, { peerId: 'alice', content: 'headers', seconds: 1 });
  const other = `/captures/${headers.json?.id}`;
  await eventually(
    'the end of the second one',
    () => stateOf(other),
    (state) => state?.end === 'time',
  );
  const file = await (await fetchFile(other)).bytes();
  const [, ...short] = framesOf(file);
  expect(short.length).toBeGreaterThan(5);
  for (const { kept, length } of short) expect(length - kept).toBe(secret.length);
  expect(Buffer.from(file).includes(secret)).toBe(false);
  const actions = server.store.audit.search({ text: 'apture', limit: 20 });
  expect(actions.toReversed().map(({ action, result }) => [action, result?.replace(/:? .*/, '')])).toEqual([
    ['peer.capture', 'done'],
    ['peer.capture', 'failed'],
    ['capture.fetch', 'done'],
    ['capture.discard', 'done'],
    ['peer.capture', 'done'],
    ['capture.fetch', 'done'],
  ]);
});

test('a file never grows beyond its limit, and frames of IPv6 have a checksum', () => {
  const file = new PcapFile(300);
  const side = (address: string, port: number) => ({ address, port });
  const frame = udpFrame(side('2001:db8::7', 5000), side('2001:db8::8', 6000), Buffer.from('abcdefg'));
  let added = 0;
  while (file.add(1000.25, frame)) added += 1;
  expect(added).toBe(Math.floor((300 - 24) / (16 + 48 + 7)));
  expect(file.content().length).toBeLessThanOrEqual(300);
  const [first] = framesOf(file.content());
  expect([first?.version, first?.from, first?.to, first?.payload.toString()]).toEqual([
    6,
    5000,
    6000,
    'abcdefg',
  ]);
  expect(frame.readUInt16BE(46)).not.toBe(0);
});
