import { type ApiAccess, bearerOf } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { subjectOf, verifyToken } from '../access/tokens.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { defaultGrants, type Grants, type Identity } from '../core/grants.ts';
import { cleanName } from '../core/text.ts';
import { requireId } from '../wire/check.ts';

export interface AccessOptions {
  config: Config;
  /** Authenticates the keys of programs. */
  programs: ApiAccess;
  /** Refuses banned identities and void tokens. */
  admission: (identity: Identity) => SfuError | undefined;
  clock: Clock;
}

/** A request to open a session in the room that its address names. */
export interface OpenRequest {
  readonly request: Request;
  /** The other end of the connection. */
  readonly remoteAddress: string;
  readonly roomId: string;
}

/**
 * Finds out who publishes or watches: a peer with its token, as in signaling, or a program with a key that has the scope
 * media. In development mode anyone may, under the id that the address gives.
 */
export class Access {
  constructor(private readonly options: AccessOptions) {}

  /** @throws SfuError unauthorized, forbidden, invalid_params */
  async publisher(asked: OpenRequest): Promise<Identity> {
    const peerId = peerIdIn(asked);
    const identity = await this.#identify(asked, {
      expectedPeerId: peerId,
      peerId: peerId ?? `whip-${shortId()}`,
    });
    if (identity.grants.publish === false || identity.grants.hidden)
      throw new SfuError('forbidden', 'your token does not let you publish; ask for one that grants publish');
    return identity;
  }

  /**
   * A viewer is a hidden peer with an id of its own: the same token may play in several places, and the peer that it is
   * for may be in the call at the same time.
   * @throws SfuError unauthorized, forbidden, banned
   */
  async viewer(asked: OpenRequest): Promise<Identity> {
    const identity = await this.#identify(asked, { peerId: shortId() });
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

  /**
   * @param ids `peerId` for a caller without a peer's token; `expectedPeerId` must be the token's peer when it is given
   */
  async #identify(asked: OpenRequest, ids: { peerId: string; expectedPeerId?: string }): Promise<Identity> {
    const { config, clock, programs } = this.options;
    const { request, remoteAddress, roomId } = asked;
    const address = programs.addressOf(request, remoteAddress);
    const credential = config.developmentMode ? undefined : bearerOf(request);
    const subject = credential === undefined ? undefined : subjectOf(credential);
    if (credential !== undefined && subject !== undefined) {
      const target = { roomId, peerId: ids.expectedPeerId ?? subject };
      const verified = await verifyToken(credential, { apiKeys: config.apiKeys, target, now: clock.now() });
      return { roomId, peerId: subject, subject, address, ...verified };
    }
    const program = config.developmentMode ? {} : { program: await this.#programOf(asked, credential) };
    const name = new URL(request.url).searchParams.get('name');
    const displayName = name === null ? {} : { displayName: cleanName(name) };
    const { peerId } = ids;
    const who = { roomId, peerId, subject: peerId, ...program, ...displayName };
    return { ...who, metadata: {}, grants: defaultGrants, address };
  }

  /** The name of the program that a key belongs to. @throws SfuError unauthorized, forbidden */
  async #programOf({ request, remoteAddress }: OpenRequest, credential: string | undefined): Promise<string> {
    if (credential === undefined) throw new SfuError('unauthorized', missingCredential);
    const caller = await this.options.programs.authenticate(request, remoteAddress);
    requireScope(caller, 'media');
    return caller.by.id;
  }
}

const missingCredential =
  'a token is needed: send "Authorization: Bearer" with a token for a peer of this room, or a key with the scope media';

/** The id that `?peerId=` gives. @throws SfuError invalid_params */
function peerIdIn({ request }: OpenRequest): string | undefined {
  const peerId = new URL(request.url).searchParams.get('peerId');
  return peerId === null ? undefined : requireId('peerId', peerId);
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 13);
}
