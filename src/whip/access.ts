import { type ClientAddress, clientAddresses } from '../access/address.ts';
import { type ApiAccess, bearerOf } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { subjectOf, verifyToken } from '../access/tokens.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { defaultGrants, type Grants, type Identity } from '../core/grants.ts';
import { cleanName, readId } from '../core/text.ts';

export interface AccessOptions {
  config: Config;
  /** Tells which program a key belongs to. */
  programs: ApiAccess;
  /** Says who is not let in. */
  admission: (identity: Identity) => SfuError | undefined;
  clock: Clock;
}

/** A request with the room that its address names. */
export interface Visit {
  readonly request: Request;
  /** The other end of the connection. */
  readonly direct: string;
  readonly roomId: string;
}

/**
 * Who publishes or watches: a peer with its token, as in signaling, or a program with a key of the scope media. In
 * development mode everyone, by the id that the address gives.
 */
export class Access {
  readonly #addressOf: ClientAddress;

  constructor(private readonly options: AccessOptions) {
    this.#addressOf = clientAddresses(options.config);
  }

  /** @throws SfuError unauthorized, forbidden, invalid_params */
  async publisher(visit: Visit): Promise<Identity> {
    const identity = await this.#identify(visit, namedPeer(visit) ?? `whip-${shortId()}`);
    if (identity.grants.publish === false || identity.grants.hidden)
      throw new SfuError('forbidden', 'your token does not let you publish; ask for one that grants publish');
    return identity;
  }

  /**
   * A viewer takes part unseen, under an id of its own: the same token may play in several places, and the peer that it
   * is for may be in the call beside.
   * @throws SfuError unauthorized, forbidden, banned
   */
  async viewer(visit: Visit): Promise<Identity> {
    const identity = await this.#identify(visit);
    if (!identity.grants.subscribe)
      throw new SfuError(
        'forbidden',
        'your token does not let you receive; ask for one that grants subscribe',
      );
    const refusal = this.options.admission(identity);
    if (refusal) throw refusal;
    const grants: Grants = { publish: false, subscribe: true, moderate: false, hidden: true };
    return { ...identity, peerId: `whep-${shortId()}`, grants };
  }

  async #identify(visit: Visit, peerId?: string): Promise<Identity> {
    const { config, clock } = this.options;
    const { request, direct, roomId } = visit;
    const address = this.#addressOf(request, direct);
    const credential = config.developmentMode ? undefined : bearerOf(request);
    const subject = credential === undefined ? undefined : subjectOf(credential);
    if (credential !== undefined && subject !== undefined) {
      const target = { roomId, peerId: namedIn(visit, peerId) ?? subject };
      const verified = await verifyToken(credential, { apiKeys: config.apiKeys, target, now: clock.now() });
      return { roomId, peerId: subject, subject, address, ...verified };
    }
    const program = config.developmentMode ? {} : { program: await this.#programOf(visit, credential) };
    const name = new URL(request.url).searchParams.get('name');
    const displayName = name === null ? {} : { displayName: cleanName(name) };
    const id = peerId ?? shortId();
    const who = { roomId, peerId: id, subject: id, ...program, ...displayName };
    return { ...who, metadata: {}, grants: defaultGrants, address };
  }

  /** The program that a key belongs to. @throws SfuError unauthorized, forbidden */
  async #programOf({ request, direct }: Visit, credential: string | undefined): Promise<string> {
    if (credential === undefined) throw new SfuError('unauthorized', missing);
    const caller = await this.options.programs.authenticate(request, direct);
    requireScope(caller, 'media');
    return caller.by.id;
  }
}

const missing =
  'a token is needed: send "Authorization: Bearer" with a token for a peer of this room, or with a key of the scope media';

/** For a token, only what the address itself names counts: it has to be the token's peer. */
function namedIn(visit: Visit, peerId: string | undefined): string | undefined {
  return peerId === undefined ? undefined : namedPeer(visit);
}

function namedPeer({ request }: Visit): string | undefined {
  const named = new URL(request.url).searchParams.get('peerId');
  if (named === null) return undefined;
  const peerId = readId(named);
  if (peerId !== undefined) return peerId;
  throw new SfuError('invalid_params', 'peerId has 1 to 128 characters, without control characters');
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 13);
}
