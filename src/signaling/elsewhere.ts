import type { Config } from '../config/config.ts';
import { type ErrorCode, SfuError } from '../core/errors.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { type AnyNode, nodesForClients } from './nodes.ts';

export interface ElsewhereOptions {
  readonly config: Pick<Config, 'flyReplay'>;
  readonly sfu: Pick<Sfu, 'drainDeadline'>;
  readonly nodes: () => readonly AnyNode[];
}

/** Refusals after which another node may let the client in. */
const mayEnterElsewhere: ReadonlySet<ErrorCode> = new Set(['busy', 'draining']);
/** The reason of a close frame has 123 bytes (RFC 6455, section 5.5). */
const maxNamed = 2;
/** Set by Fly.io's proxy on a request that another machine has passed on. */
const passedOn = 'fly-replay-src';

/** Where a client can go when this node is full, or about to end. */
export class Elsewhere {
  constructor(private readonly options: ElsewhereOptions) {}

  get urls(): string[] {
    const others = nodesForClients(this.options.nodes()).filter(({ self, draining }) => !self && !draining);
    return others.map(({ url }) => url);
  }

  /** Names other nodes to a client that this one does not let in now, first, since a reason may be cut. */
  named(error: SfuError): SfuError {
    const urls = mayEnterElsewhere.has(error.code) ? this.urls.slice(0, maxNamed) : [];
    return urls.length === 0 ? error : new SfuError(error.code, `use ${urls.join(' or ')}; ${error.message}`);
  }

  /**
   * On Fly.io a machine that is about to end has the proxy bring a new client to another one of its app
   * (https://fly.io/docs/networking/dynamic-request-routing/). What was passed on once is not passed on again.
   * @param returns the client goes on with a stay on this machine
   * @returns the answer for the proxy; undefined when the client is to be served here
   */
  replay(request: Request, { returns }: { returns: boolean }): Response | undefined {
    const { config, sfu } = this.options;
    const isMeant = config.flyReplay === 'on' && sfu.drainDeadline !== null && !returns;
    if (!isMeant || request.headers.has(passedOn) || this.urls.length === 0) return undefined;
    return new Response('', { headers: { 'fly-replay': 'elsewhere=true' } });
  }
}
