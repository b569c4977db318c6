import { expect, setDefaultTimeout, test } from 'bun:test';
import { SfuError } from '../../../src/core/errors.ts';
import { closePublication } from '../../../src/sfu/rooms/publishing.ts';
import { TestClock } from '../../support/clock.ts';
import { TestMesh } from '../../support/mesh.ts';
import { RtpSender } from '../../support/rtp-peers.ts';
import { until } from '../../support/until.ts';
import { enter, type Member } from '../../support/world.ts';

setDefaultTimeout(60_000);

/** Two nodes between which no pipe can be opened until `mend`. */
async function partedMesh() {
  const clock = new TestClock();
  const mesh = await TestMesh.of(['a', 'b'], { clock });
  mesh.link('b').intercept = async (name) => {
    if (name === 'pipe.open')
      throw new SfuError('worker_unavailable', 'no port of TUREEN_PIPE_PORTS is free');
  };
  const mend = () => {
    mesh.link('b').intercept = undefined;
  };
  return { clock, mesh, mend };
}

const read = (mesh: TestMesh) => mesh.server('b').sfu.read.room('room').unreachable;
const told = ({ client }: Member) => client.named('peerUnreachable');

/** What a peer found of the others when it joined. */
function foundBy({ client }: Member) {
  const joined = client.frames.all.find(({ response, data }) => response && data && 'peers' in data);
  return joined?.data?.peers;
}

test('a call is told what of a peer on another node cannot be brought here, and when it has come', async () => {
  const { clock, mesh, mend } = await partedMesh();
  await using _ = mesh;
  using voice = await RtpSender.open(mesh.server('a'));
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  expect(await alice.client.waitFor('peerUnreachable')).toEqual({ peerId: 'sender', sources: ['audio'] });
  expect(read(mesh)).toMatchObject([
    { peerId: 'sender', producerId: voice.id, source: 'audio', cause: expect.stringContaining('PIPE_PORTS') },
  ]);
  const late = await enter({ server: mesh.server('b'), peerId: 'late' });
  expect(foundBy(late)).toMatchObject([{ id: 'alice' }, { id: 'sender', unreachable: ['audio'] }]);
  // It fails again and again, which is no news.
  for (let count = 0; count < 3; count += 1) clock.advance(30_000);
  mend();
  await until(() => {
    clock.advance(5000);
    return told(alice).length > 1;
  }, 'the end of the trouble');
  expect(told(alice)).toEqual([
    { peerId: 'sender', sources: ['audio'] },
    { peerId: 'sender', sources: [] },
  ]);
  expect(read(mesh)).toBeUndefined();
  const after = await enter({ server: mesh.server('b'), peerId: 'after' });
  expect(JSON.stringify(foundBy(after))).not.toContain('unreachable');
});

test('what ends is not missing any more, and clients of other generations are told of nothing that they do not know', async () => {
  const { mesh } = await partedMesh();
  await using _ = mesh;
  using voice = await RtpSender.open(mesh.server('a'));
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  const old = await enter({ server: mesh.server('b'), peerId: 'old', native: false });
  await alice.client.waitFor('peerUnreachable');
  closePublication(voice.publication, 'peer', { kind: 'peer', id: 'sender' });
  await until(() => told(alice).length > 1, 'the end of it');
  expect(told(alice).at(-1)).toEqual({ peerId: 'sender', sources: [] });
  expect(told(old)).toEqual([]);
  expect(read(mesh)).toBeUndefined();
});
