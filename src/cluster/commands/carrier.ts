import type { CaptureCommands } from '../../commands/captures.ts';
import type { BanRequest, Commands, PeerTarget, Removal } from '../../commands/commands.ts';
import type { Clock } from '../../core/clock.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { CommandCounts } from '../command-counts.ts';
import type { Presence } from '../presence.ts';
import type { RulesSync } from '../rules-sync.ts';
import type { Wire } from '../wire.ts';
import { within } from '../within.ts';
import type { AskNode } from './ask-node.ts';
import { unconfirmedSentence } from './unconfirmed.ts';

export interface CarrierOptions {
  /** Those of this node alone. */
  readonly local: Commands;
  readonly captures: CaptureCommands;
  readonly sfu: Pick<Sfu, 'mesh' | 'read'>;
  readonly rules: RulesSync;
  readonly wire: Wire;
  readonly presence: Presence;
  readonly askNode: AskNode;
  readonly clock: Clock;
  readonly counts: CommandCounts;
}

/** How long the other nodes may take to say that their copies of a removed peer are gone. */
const copiesMs = 500;
const askAgainMs = 100;

/** Carries out commands on this node, for itself and for others, with what they lead to on the other nodes. */
export class Carrier {
  constructor(private readonly options: CarrierOptions) {}

  get local(): Commands {
    return this.options.local;
  }

  get captures(): CaptureCommands {
    return this.options.captures;
  }

  /** Does what decides about a room, and says which nodes do not know of it yet. */
  async decide<T>(
    { roomId, warn }: { readonly roomId: string; readonly warn?: (sentence: string) => void },
    work: (local: Commands) => Promise<T>,
  ): Promise<T> {
    const { rules, local, counts } = this.options;
    const { value, unconfirmed } = await rules.confirming(roomId, () => work(local));
    if (unconfirmed.length === 0) return value;
    counts.unconfirmed += 1;
    warn?.(`${unconfirmedSentence(unconfirmed)}; a node that has the room learns it when it is heard again`);
    return value;
  }

  /** Removes a peer of this node, and what else its subject has in the room on any node. */
  async removePeer(target: PeerTarget, ban?: BanRequest): Promise<Removal> {
    const { roomId, peerId } = target;
    const { subject } = this.options.sfu.read.peer(roomId, peerId);
    const [removal] = await Promise.all([
      this.removeHere(target, ban),
      this.removeElsewhere(target, subject),
    ]);
    return removal;
  }

  /** Removes what a subject has in a room on other nodes. */
  async removeElsewhere({ warn, ...target }: PeerTarget, subject: string): Promise<void> {
    const { sfu, askNode } = this.options;
    const byLife = new Map(
      sfu.mesh.elsewhere(target.roomId, subject).map((peer) => [peer.node.life, peer] as const),
    );
    const removals = [...byLife.values()].map(async ({ node, peerId, sessionId }) => {
      const params = { ...target, peerId };
      const outcome = await askNode.command(node, { name: 'removeSubject', sessionId, params, warn });
      // One that has left meanwhile is what was wanted.
      return outcome.state === 'unconfirmed' ? [node.name] : [];
    });
    const silent = (await Promise.all(removals)).flat();
    if (silent.length > 0)
      warn?.(
        `${unconfirmedSentence(silent)}, where the same person has another connection; remove that one too`,
      );
  }

  /** Removes what the subject of a peer has in its room on this node. */
  async removeHere(target: PeerTarget, ban?: BanRequest): Promise<Removal> {
    const { sfu, local } = this.options;
    const { roomId, peerId } = target;
    const { subject } = sfu.read.peer(roomId, peerId);
    const sessions = sfu.read.peerIds(roomId, subject).map((id) => sfu.read.peer(roomId, id).sessionId);
    const removal = await local.removePeer(target, ban);
    const pending = await this.#copiesLeft(roomId, sessions);
    if (pending.length === 0) return removal;
    this.options.counts.pending += 1;
    target.warn?.(
      `pending: ${pending.join(', ')} did not say yet that the copies there are gone; nothing flows to them any more`,
    );
    return { ...removal, pending };
  }

  /** @returns the nodes where something of these sessions may still be shown */
  async #copiesLeft(roomId: string, sessions: readonly string[]): Promise<string[]> {
    const { presence, clock } = this.options;
    const pending = new Set([...presence.nodes.values()].map(({ name }) => name));
    const checks = presence.living.map(async ({ life, name }) => {
      const left = await Promise.all(sessions.map((id) => this.#hasLeft(life, roomId, id)));
      if (left.every(Boolean)) pending.delete(name);
    });
    await within(clock, copiesMs, Promise.all(checks));
    return [...pending].sort();
  }

  async #hasLeft(life: string, roomId: string, sessionId: string): Promise<boolean> {
    const { wire, clock } = this.options;
    for (let left = copiesMs; left > 0; left -= askAgainMs) {
      const asked = wire.ask(life, 'session.left', { roomId, sessionId }, left).catch(() => false);
      if (await asked) return true;
      await new Promise<void>((resolve) => clock.after(askAgainMs, resolve));
    }
    return false;
  }
}
