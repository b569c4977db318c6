import { expect, test } from 'bun:test';
import { EventBus } from '../../../src/core/event-bus.ts';
import type { RemoteEvents } from '../../../src/sfu/remote-events.ts';
import { PublishedElsewhere } from '../../../src/sfu/rooms/remote-publishing.ts';
import { RemoteRoster } from '../../../src/sfu/rooms/roster.ts';
import { peerShare } from '../../cluster/test-node.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import { testLog } from '../../support/server.ts';

/** A roster of a room without peers of its own, and what it told. */
function newRoster() {
  const events = new EventBus<RemoteEvents>(testLog);
  const told: string[] = [];
  events.on('remotePeerJoined', ({ sessionId }) => void told.push(`+${sessionId}`));
  events.on('remotePeerLeft', ({ sessionId, joined }) => void (joined && told.push(`-${sessionId}`)));
  const lives: string[] = [];
  const roster = new RemoteRoster({
    id: 'room',
    events,
    life: 'self',
    published: new PublishedElsewhere(),
    local: () => undefined,
    replaceLocal: () => {},
    newPublication: () => {
      throw new Error('nobody publishes here');
    },
    newDataPublication: () => {
      throw new Error('nobody publishes here');
    },
    nodeCame: (life) => void lives.push(life),
    nodeLeft: (life) => void lives.splice(lives.indexOf(life), 1),
  });
  return { roster, told, lives };
}

const share = (peerId: string, sessionId: string, epoch: number) => peerShare(peerId, { sessionId, epoch });

const node = (life: string) => ({ life, name: life });

function shown({ roster }: ReturnType<typeof newRoster>): string[] {
  return [...roster.peers.values()].map(({ sessionId }) => sessionId).toSorted();
}

test('in whatever order nodes are heard, the same sessions are shown, and each that is shown was told once', () => {
  const random = seededRandom('rosters');
  for (let round = 0; round < 300; round += 1) {
    // What each life says, in its own order; lives are heard in any order beside each other.
    const lives = ['x', 'y', 'z'].map((life) => changesOf(life, random));
    const one = hear(lives, random);
    const other = hear(lives, random);
    expect(shown(one)).toEqual(shown(other));
    for (const heard of [one, other]) {
      const balance = new Set<string>();
      for (const line of heard.told) {
        const id = line.slice(1);
        if (line.startsWith('+')) expect(balance.has(id)).toBeFalse();
        else expect(balance.delete(id)).toBeTrue();
        if (line.startsWith('+')) balance.add(id);
      }
      expect([...balance].toSorted()).toEqual(shown(heard));
    }
  }
});

type Change = (roster: RemoteRoster) => void;

function changesOf(life: string, random: Random): Change[] {
  const changes: Change[] = [];
  for (let step = 0; step < 12; step += 1) {
    const peerId = `peer ${random.below(3)}`;
    const sessionId = `${life}${step}`;
    const put = share(peerId, sessionId, random.below(4) + 1);
    changes.push((roster) => roster.put(put, node(life)));
    if (random.chance(0.7)) changes.push((roster) => roster.drop(sessionId, node(life), 'left'));
    if (random.chance(0.1)) changes.push((roster) => roster.replaceNode(node(life), [put]));
    if (random.chance(0.1)) changes.push((roster) => roster.dropNode(life, 'node_lost'));
  }
  return changes;
}

function hear(lives: readonly Change[][], random: Random) {
  const heard = newRoster();
  const queues = lives.map((changes) => [...changes]);
  for (;;) {
    const waiting = queues.filter(({ length }) => length > 0);
    if (waiting.length === 0) return heard;
    waiting[random.below(waiting.length)]?.shift()?.(heard.roster);
  }
}

test('a life changes nothing of what another one said', () => {
  const heard = newRoster();
  const { roster } = heard;
  roster.put(share('bob', 's1', 1), node('x'));
  roster.put(share('bob', 's1', 9), node('y'));
  roster.drop('s1', node('y'), 'left');
  roster.dropNode('y', 'node_lost');
  expect(shown(heard)).toEqual(['s1']);
  expect(roster.greatestEpoch('bob')).toBe(1);
  expect(heard.lives).toEqual(['x']);
});

test('a session that ranks lower is kept, and shown when the one before it ends', () => {
  const heard = newRoster();
  const { roster } = heard;
  roster.put(share('bob', 'old', 1), node('x'));
  roster.put(share('bob', 'new', 2), node('y'));
  expect(roster.greatestEpoch('bob')).toBe(2);
  roster.dropNode('y', 'node_lost');
  expect(heard.told).toEqual(['+old', '-old', '+new', '-new', '+old']);
  roster.drop('old', node('x'), 'left');
  expect([heard.lives, shown(heard), roster.greatestEpoch('bob')]).toEqual([[], [], 0]);
});
