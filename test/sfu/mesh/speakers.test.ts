import { expect, setDefaultTimeout, test } from 'bun:test';
import { TestMesh } from '../../support/mesh.ts';
import { RtpSender } from '../../support/rtp-peers.ts';
import type { SignalingClient } from '../../support/signaling-client.ts';
import { until } from '../../support/until.ts';
import { enter } from '../../support/world.ts';

setDefaultTimeout(60_000);

const chooses = { autoSubscribe: false };

/** Whom a client was told last to be the active speaker. */
function speaker({ events }: SignalingClient): unknown {
  return events.findLast(({ method }) => method === 'activeSpeaker')?.data.peerId;
}

/** Who is heard, as a client was told last. */
function heard({ events }: SignalingClient): unknown[] {
  const last = events.findLast(({ method }) => method === 'speakingPeers')?.data.peerVolumes ?? [];
  return (last as { peerId: string }[]).map(({ peerId }) => peerId).toSorted();
}

test('everybody on every node is told the same speaker, who is heard, and silence', async () => {
  await using mesh = await TestMesh.of(['a', 'b', 'c']);
  using onA = await RtpSender.open(mesh.server('a'), { peerId: 'anna', ssrc: 1 });
  using onB = await RtpSender.open(mesh.server('b'), { peerId: 'ben', ssrc: 2 });
  const watchers = await Promise.all(
    ['a', 'b', 'c'].map((node) =>
      enter({ server: mesh.server(node), peerId: `watcher ${node}`, join: chooses }),
    ),
  );
  const everyone = (holds: (client: SignalingClient) => boolean) =>
    watchers.every(({ client }) => holds(client));
  onB.level = 20;
  await until(() => everyone((client) => speaker(client) === 'ben'), 'ben as active speaker everywhere');
  expect(everyone((client) => heard(client).join() === 'ben')).toBeTrue();
  onA.level = 60;
  await until(() => everyone((client) => heard(client).join() === 'anna,ben'), 'both to be heard');
  expect(everyone((client) => speaker(client) === 'ben')).toBeTrue();
  // Quiet noise does not take the floor; whoever is louder for a while does.
  onA.level = 5;
  onB.level = 60;
  await until(() => everyone((client) => speaker(client) === 'anna'), 'anna as active speaker everywhere');
  onA.level = 127;
  onB.level = 127;
  await until(() => everyone((client) => speaker(client) === null), 'silence everywhere');
  expect(everyone((client) => heard(client).length === 0)).toBeTrue();
  // Only the node that elects reports the speaker to those who count; each reports its own volumes.
  const [a, b] = ['a', 'b'].map((name) => mesh.server(name).sfu.read.room('room'));
  expect([a?.activePeerId, b?.activePeerId]).toEqual([null, null]);
});

test('the speaker is elected by another node when the one that did is lost', async () => {
  await using mesh = await TestMesh.of(['a', 'b', 'c']);
  await enter({ server: mesh.server('a'), peerId: 'quiet', join: chooses });
  using onB = await RtpSender.open(mesh.server('b'), { peerId: 'ben', ssrc: 2 });
  using onC = await RtpSender.open(mesh.server('c'), { peerId: 'carl', ssrc: 3 });
  const { client } = await enter({ server: mesh.server('c'), peerId: 'watcher', join: chooses });
  onB.level = 20;
  await until(() => speaker(client) === 'ben', 'ben as active speaker');
  mesh.lose('a');
  onB.level = 127;
  onC.level = 20;
  await until(() => speaker(client) === 'carl', 'carl as active speaker');
  expect(mesh.server('b').sfu.read.room('room').activePeerId).toBe('carl');
  mesh.lose('b');
  onC.level = 127;
  await until(() => speaker(client) === null, 'silence');
});

test('one who speaks and is muted, or leaves, is not the speaker of other nodes any more', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using onB = await RtpSender.open(mesh.server('b'), { peerId: 'ben', ssrc: 2 });
  const { client } = await enter({ server: mesh.server('a'), peerId: 'watcher', join: chooses });
  onB.level = 20;
  await until(() => speaker(client) === 'ben', 'ben as active speaker');
  await mesh.server('b').sfu.muteProducer({
    ...{ roomId: 'room', peerId: 'ben', producerId: onB.id },
    by: { kind: 'admin', id: 'root' },
  });
  await until(() => speaker(client) === null && heard(client).length === 0, 'silence');
  using other = await RtpSender.open(mesh.server('b'), { peerId: 'bea', ssrc: 4 });
  other.level = 20;
  await until(() => speaker(client) === 'bea', 'bea as active speaker');
  other.room.removePeer(other.peer, 'left');
  await until(() => speaker(client) === null && heard(client).length === 0, 'silence');
});
