import { Commands } from '../../commands/commands.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { Store } from '../../store/store.ts';
import type { Mesh } from '../mesh.ts';
import { CommandAnswers } from './answers.ts';
import { AskNode } from './ask-node.ts';
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

/** The commands over all nodes; from now on this node also carries out what others ask. */
export function meshCommands({ mesh, sfu, store, now, log, clock }: MeshCommandsParts): MeshCommands {
  const { wire, presence, rules, self, commands: counts } = mesh;
  const local = new Commands(sfu, store, now);
  const askNode = new AskNode({ wire, presence, clock, counts, limits: (name) => commandTable[name] });
  const finder = new Finder({ sfu, wire, presence, clock, counts });
  const carrier = new Carrier({ local, sfu, rules, wire, presence, askNode, clock, counts });
  const answers = new CommandAnswers({ self, carrier, sfu, log });
  mesh.answer({
    command: (from, command) => answers.answer(from, command),
    'peer.find': (_from, query) => finder.answer(query),
    'session.left': (_from, { roomId, sessionId }) => !sfu.mesh.hasSession(roomId, sessionId),
  });
  return new MeshCommands({ sfu, store, now, selfName: self.name, carrier, askNode, finder, presence });
}
