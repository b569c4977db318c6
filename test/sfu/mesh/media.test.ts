import { expect, setDefaultTimeout, test } from 'bun:test';
import { TestMesh } from '../../support/mesh.ts';
import { RtpReceiver, RtpSender } from '../../support/rtp-peers.ts';

setDefaultTimeout(60_000);

test('what a peer sends on one node is received on another, over one pipe for each pair of nodes', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using audio = await RtpSender.open(mesh.server('a'));
  using video = await RtpSender.open(mesh.server('a'), { peerId: 'camera', kind: 'video', ssrc: 2000 });
  using one = await RtpReceiver.open(mesh.server('b'), 'one');
  using other = await RtpReceiver.open(mesh.server('b'), 'other');
  const subscriptions = await Promise.all([
    one.receive(audio.id),
    other.receive(audio.id),
    one.receive(video.id),
    other.receive(video.id),
  ]);
  await Promise.all([one.hears(20), other.hears(20)]);
  expect(subscriptions.map(({ publication }) => publication.info.peerId)).toEqual([
    ...['sender', 'sender'],
    ...['camera', 'camera'],
  ]);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.open')).toHaveLength(1);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.want')).toHaveLength(2);
  const [pipe] = await mesh.server('b').sfu.mesh.traffic();
  expect(pipe).toMatchObject({ roomId: 'room', life: 'a', direction: 'in' });
  expect(pipe?.statistics.rtpBytesReceived).toBeGreaterThan(0);
  // The producer here has the id that it has there.
  expect(subscriptions[0]?.consumer.producerId).toBe(audio.id);
});
