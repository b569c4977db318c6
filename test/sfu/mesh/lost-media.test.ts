import { expect, setDefaultTimeout, test } from 'bun:test';
import { Caller } from '../../rest/support.ts';
import { type Json, script } from '../../support/broadcaster-script.ts';
import { TestClock } from '../../support/clock.ts';
import { TestMesh } from '../../support/mesh.ts';
import { receivesOpusAndVp8 } from '../../support/rtp.ts';
import { RtpSender } from '../../support/rtp-peers.ts';
import { apiKey, withKeys } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import { open } from '../../whip/whip-client.ts';

setDefaultTimeout(60_000);

/** A socket that counts the packets of RTP that come, and their SSRCs. */
class Listener implements Disposable {
  readonly ssrcs = new Set<number>();
  packets = 0;

  private constructor(private readonly socket: Bun.udp.Socket<'buffer'>) {}

  static async open(): Promise<Listener> {
    let listener: Listener | undefined;
    const data = (_socket: unknown, bytes: Buffer) => listener?.read(bytes);
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1', socket: { data, error: () => {} } });
    listener = new Listener(socket);
    return listener;
  }

  get port(): number {
    return this.socket.port;
  }

  async hears(count = 5): Promise<void> {
    const start = this.packets;
    await until(() => this.packets >= start + count, `${count} packets`);
  }

  read(bytes: Buffer): void {
    const type = bytes[1] ?? 0;
    // Reports (RTCP) have packet types from 200 on.
    if (type >= 200 && type <= 206) return;
    this.packets += 1;
    this.ssrcs.add(bytes.readUInt32BE(8));
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

/** A script that receives what a producer of the room sends, over a plain transport. */
async function listenAsScript(mesh: TestMesh, producerId: string, { port }: Listener): Promise<string> {
  const call = script(mesh.server('b'));
  const post = async (path: string, body: Json) => {
    const { status, data, text } = await call('POST', path, body);
    expect([status < 300, text]).toEqual([true, text]);
    return data;
  };
  const about = {
    id: 'script',
    displayName: 'Script',
    rtpCapabilities: receivesOpusAndVp8 as unknown as Json,
  };
  await post('/rooms/room/broadcasters', about);
  await until(() => knows(mesh, producerId), 'the producer');
  const base = '/rooms/room/broadcasters/script';
  const { transportId } = await post(`${base}/transports`, {
    ...{ type: 'plain', direction: 'consumer', comedia: false, rtcpMux: true },
  });
  await post(`${base}/transports/${transportId}/connect`, { ip: '127.0.0.1', port });
  await post(`${base}/transports/${transportId}/consume`, { producerId, paused: false });
  return `${base}/transports/${transportId}`;
}

function knows(mesh: TestMesh, producerId: string): boolean {
  return mesh
    .server('b')
    .sfu.room('room')
    .publications.some(({ info }) => info.id === producerId);
}

/** The sending side of each pipe of a node ends by itself. */
function losePipes({ room }: RtpSender): void {
  for (const { transport } of room.mesh?.outgoing.measured ?? []) transport.close();
}

test('a script that receives RTP gets it again over its transport after the pipe was lost', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using listener = await Listener.open();
  await listenAsScript(mesh, sender.id, listener);
  await listener.hears();
  for (const times of [1, 2]) {
    losePipes(sender);
    await until(() => listener.ssrcs.size > times, 'media after the loss');
    await listener.hears();
  }
  const consumers = mesh.server('b').sfu.read.consumers('room');
  expect(consumers.map(({ peerId, producerId }) => [peerId, producerId])).toEqual([['script', sender.id]]);
});

test('an endpoint of a program gets RTP again after the node of the sender was lost and came back', async () => {
  await using mesh = await TestMesh.of(['a', 'b'], { environment: withKeys });
  using sender = await RtpSender.open(mesh.server('a'));
  using listener = await Listener.open();
  const caller = new Caller(mesh.server('b'), await apiKey());
  const make = async (path: string, body: object) => {
    const { json, text, status } = await caller.post(path, body);
    expect([status < 300, text]).toEqual([true, text]);
    return json as Record<string, unknown> & { id: string };
  };
  await make('/rooms/room/endpoints', { peerId: 'line' });
  const base = '/rooms/room/endpoints/line';
  const remote = { ip: '127.0.0.1', port: listener.port };
  const transport = await make(`${base}/plain-transports`, { srtp: 'none', comedia: false, rtcpMux: true });
  const connected = await caller.post(`${base}/transports/${transport.id}/connect`, remote);
  expect([connected.status, connected.text]).toEqual([200, connected.text]);
  await until(() => knows(mesh, sender.id), 'the publication');
  const consumer = await make(`${base}/consumers`, { transportId: transport.id, producerId: sender.id });
  await listener.hears();
  mesh.lose('a');
  await until(() => !knows(mesh, sender.id), 'the end of the publication');
  await until(() => mesh.server('b').sfu.read.consumers('room').length === 0, 'the end of the consumer');
  mesh.comeBack('a');
  await until(() => listener.ssrcs.size > 1, 'media of the node that came back');
  await listener.hears();
  const [again] = mesh.server('b').sfu.read.consumers('room');
  expect(again).toMatchObject({ peerId: 'line', producerId: sender.id, paused: false });
  expect(again?.id).not.toBe(consumer.id);
});

test('what a script had paused comes again paused, and what ended at its origin does not come', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using paused = await RtpSender.open(mesh.server('a'));
  using ending = await RtpSender.open(mesh.server('a'), { peerId: 'ending', ssrc: 4000 });
  using listener = await Listener.open();
  const transport = await listenAsScript(mesh, ending.id, listener);
  await listener.hears();
  const call = script(mesh.server('b'));
  const { status } = await call('POST', `${transport}/consume`, { producerId: paused.id, paused: true });
  expect(status).toBe(201);
  const ids = () =>
    new Map(
      mesh
        .server('b')
        .sfu.read.consumers('room')
        .map((one) => [one.producerId, one]),
    );
  const before = ids().get(paused.id);
  ending.room.removePeer(ending.peer, 'left');
  await until(() => !ids().has(ending.id), 'the end of what ended');
  losePipes(paused);
  await until(() => (ids().get(paused.id)?.id ?? before?.id) !== before?.id, 'the consumer again');
  expect(ids().get(paused.id)?.paused).toBe(true);
  expect([...ids().keys()]).toEqual([paused.id]);
});

test('the session of a WHEP player ends when its media is lost between nodes, so that it opens another one', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using sender = await RtpSender.open(mesh.server('a'), { kind: 'video' });
  // Somebody in the room, so that it is open here and knows who sends.
  using _video = await RtpSender.open(mesh.server('b'), { peerId: 'near', ssrc: 5000 });
  const play = () => open(mesh.server('b'), '/whep/room?peerId=sender', { offer: 'chromium-player' });
  await until(() => mesh.server('b').sfu.room('room').publications.length === 2, 'both publications');
  const player = await play();
  expect([player.status, await player.text()]).toEqual([201, expect.any(String)]);
  const watching = () => mesh.server('b').sfu.read.consumers('room').length;
  expect(watching()).toBe(1);
  losePipes(sender);
  await until(() => watching() === 0, 'the end of the session');
  const viewers = () => [...mesh.server('b').sfu.room('room').peers.keys()].filter((id) => id !== 'near');
  await until(() => viewers().length === 0, 'the end of the viewer');
  expect((await play()).status).toBe(201);
  expect(watching()).toBe(1);
});
