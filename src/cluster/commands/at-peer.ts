import type { PeerTarget } from '../../commands/commands.ts';
import type { FoundPeer } from '../../sfu/sfu-mesh.ts';
import type { CommandName } from '../command-schemas.ts';
import type { AskNode, CommandRequest } from './ask-node.ts';
import type { Finder } from './finder.ts';
import { unconfirmed } from './unconfirmed.ts';

export type Params = CommandRequest['params'];

export interface ForPeer {
  readonly name: CommandName;
  readonly target: PeerTarget;
  readonly params?: Params;
  /** Where it was found already. */
  readonly first?: FoundPeer;
}

export const tryAgain = 'it may have been done; look, and do it again';

/** Carries something out where a peer is. @throws SfuError not_found, unconfirmed, and what that node refuses with */
export async function atPeer<T>(
  { finder, askNode }: { readonly finder: Finder; readonly askNode: AskNode },
  { name, target, params = {}, first }: ForPeer,
  here: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const place = tries === 1 && first ? first : await finder.peer(target);
    if (place.node === undefined) return await here();
    const request = { name, sessionId: place.sessionId, ...split({ ...target, ...params }) };
    const outcome = await askNode.command(place.node, request);
    if (outcome.state === 'done') return outcome.value as T;
    if (outcome.state === 'unconfirmed') throw unconfirmed([place.node.name], tryAgain);
    // It went to another node, or came again, while the command was on its way.
    if (outcome.error.code !== 'not_found' || tries > 1) throw outcome.error;
  }
}

/** What goes over the bus, and what stays here. */
export function split<T extends object>({ warn, ...params }: T & { warn?: (sentence: string) => void }) {
  return { params: params as Params, warn };
}
