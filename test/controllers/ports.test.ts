import { expect, setDefaultTimeout, test } from 'bun:test';
import { freeUdpPorts } from '../support/port.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { Phone } from './phone.ts';
import { TestController } from './support.ts';

setDefaultTimeout(60_000);

test('plain transports take their ports from the range, no more, and give every one of them back', async () => {
  const from = await freeUdpPorts(4);
  const to = from + 3;
  const clock = { TUREEN_CONTROLLER_GRACE_SECONDS: '0' };
  await using server = await startServer({ TUREEN_RTP_PORTS: `${from}-${to}`, ...clock });
  const controller = await TestController.connect(server, { id: 'gateway' });
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await controller.ask('createEndpoint', ref);
  const open = () => controller.ask('openPlainTransport', { ...ref, rtcpMux: false });
  const first = await open();
  const second = await open();
  const ports = [first.port, first.rtcpPort, second.port, second.rtcpPort].map(Number).sort();
  expect(ports).toEqual([from, from + 1, from + 2, to]);
  const refused = await controller.ask('openPlainTransport', ref).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'worker_unavailable',
    errorReason: expect.stringContaining('every port for RTP is in use; close transports and try again'),
  });
  await controller.ask('closeEndpointTransport', { ...ref, transportId: first.id });
  await open();
  await controller.ask('closeEndpoint', ref);
  await controller.ask('createEndpoint', ref);
  await open();
  await open();
  await controller.die();
  await until(() => server.programs.holdings.endpoints.size === 0);
  const next = await TestController.connect(server, { id: 'next' });
  await next.ask('createEndpoint', ref);
  for (let count = 0; count < 2; count += 1) await next.ask('openPlainTransport', { ...ref, rtcpMux: false });
});

test('a pipe carries what somebody publishes on one server to a room of another, encrypted', async () => {
  await using near = await startServer();
  await using far = await startServer();
  const here = await TestController.connect(near);
  const there = await TestController.connect(far);
  const { id: roomId } = await here.ask('createSession', { codecs: ['PCMU'] });
  const telephone = { roomId, peerId: 'telephone' };
  const out = { roomId, peerId: 'bridge' };
  const into = { roomId: 'elsewhere', peerId: 'bridge' };
  const listener = { roomId: 'elsewhere', peerId: 'listener' };
  await here.ask('createEndpoint', telephone);
  await here.ask('createEndpoint', out);
  await there.ask('createSession', { roomId: 'elsewhere', codecs: ['PCMU'] });
  await there.ask('createEndpoint', into);
  await there.ask('createEndpoint', listener);
  // A telephone on the one server.
  using phone = await Phone.open(9001);
  const transport = await here.ask('openPlainTransport', { ...telephone, srtp: 'none' });
  const track = { transportId: transport.id, kind: 'audio', rtpParameters: phone.parameters() } as const;
  const { id: producerId } = await here.ask('produce', { ...telephone, ...track });
  // The pipe between them.
  const outgoing = await here.ask('openPipeTransport', out);
  const incoming = await there.ask('openPipeTransport', into);
  const remoteOf = ({ ip, port, srtpParameters }: typeof outgoing) => ({
    ip,
    port,
    srtpParameters: srtpParameters ?? undefined,
  });
  await here.ask('connectTransport', { ...out, transportId: outgoing.id, ...remoteOf(incoming) });
  await there.ask('connectTransport', { ...into, transportId: incoming.id, ...remoteOf(outgoing) });
  expect(outgoing.srtpParameters?.cryptoSuite).toBe('AEAD_AES_256_GCM');
  const consumer = await here.ask('consume', { ...out, transportId: outgoing.id, producerId });
  const { kind, rtpParameters } = consumer;
  const piped = await there.ask('produce', { ...into, transportId: incoming.id, kind, rtpParameters });
  // A telephone on the other.
  using ear = await Phone.open(1);
  const last = await there.ask('openPlainTransport', { ...listener, srtp: 'none', comedia: false });
  const remote = { ip: '127.0.0.1', port: ear.port };
  await there.ask('connectTransport', { ...listener, transportId: last.id, ...remote });
  await there.ask('consume', { ...listener, transportId: last.id, producerId: piped.id });
  const payload = new Uint8Array(160).fill(0x2a);
  using _talking = phone.talk(transport, { payload });
  expect((await ear.hears()).payload).toEqual(payload);
});
