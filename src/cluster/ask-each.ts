import type { RequestData, RequestName, RequestResult } from './messages.ts';
import type { Presence } from './presence.ts';
import type { RemoteNode } from './remote-node.ts';
import type { Wire } from './wire.ts';

/** What a node said. `answer` is undefined when it did not answer, or when nothing is heard of it. */
export interface Answered<N extends RequestName> {
  readonly node: RemoteNode;
  readonly answer: RequestResult<N> | undefined;
}

/** Asks each of the other nodes the same, all at once. It does not reject: who is silent may have what was asked for. */
export async function askEach<N extends RequestName>(
  { wire, presence }: { readonly wire: Pick<Wire, 'ask'>; readonly presence: Pick<Presence, 'nodes'> },
  name: N,
  data: RequestData<N>,
  timeoutMs: number,
  nodes: Iterable<RemoteNode> = presence.nodes.values(),
): Promise<Answered<N>[]> {
  return await Promise.all(
    [...nodes].map(async (node) => {
      // Who waits for the limit in vain learns no more.
      const asked = node.stale ? undefined : wire.ask(node.life, name, data, timeoutMs);
      return { node, answer: await asked?.catch(() => undefined) };
    }),
  );
}
