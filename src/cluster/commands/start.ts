import { CaptureCommands } from '../../commands/captures.ts';
import { Commands } from '../../commands/commands.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { Store } from '../../store/store.ts';
import type { Mesh } from '../mesh.ts';
import { CommandAnswers } from './answers.ts';
import { AskNode } from './ask-node.ts';
import { MeshCaptures } from './captures.ts';
import { Carrier } from './carrier.ts';
import { Finder } from './finder.ts';
import { MeshCommands } from './mesh-commands.ts';
import { commandTable } from './table.ts';

export interface MeshCommandsParts {
  readonly mesh: Mesh;
  readonly sfu: Sfu;
  readonly store: Store;
  readonly now: () => number;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The commands over all nodes, and captures; from now on this node also carries out what others ask. */
export function meshCommands({ mesh, sfu, store, now, log, clock }: MeshCommandsParts) {
  const { wire, presence, rules, self, commands: counts } = mesh;
  const local = new Commands(sfu, store, now);
  const captures = new CaptureCommands(sfu, store);
  const askNode = new AskNode({ wire, presence, clock, counts, limits: (name) => commandTable[name] });
  const finder = new Finder({ sfu, wire, presence, clock, counts });
  const carrier = new Carrier({ local, captures, sfu, rules, wire, presence, askNode, clock, counts });
  const answers = new CommandAnswers({ self, carrier, sfu, log });
  mesh.answer({
    command: (from, command) => answers.answer(from, command),
    'peer.find': (_from, query) => finder.answer(query),
    'session.left': (_from, { roomId, sessionId }) => !sfu.mesh.hasSession(roomId, sessionId),
  });
  const selfName = self.name;
  return {
    commands: new MeshCommands({ sfu, store, now, selfName, carrier, askNode, finder, presence }),
    captures: new MeshCaptures({ mesh, sfu, store, askNode, finder }),
  };
}
