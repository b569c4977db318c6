import type { ApiAccess } from '../access/api-access.ts';
import type { Logger } from '../core/log.ts';
import { isGoodId } from '../core/text.ts';
import { type Owner, ownerName } from '../operations/holdings/owner.ts';
import type { ControlServices } from '../operations/operation.ts';
import type { EventStream } from '../public-events/stream.ts';
import { closeRefused, closeRestart, subProtocol } from '../wire/envelope.ts';
import { offeredProtocols, refusal, type SocketData, upgradeSocket } from '../wire/socket.ts';
import { Controller } from './controller.ts';

/** The sub-protocols under which a controller may connect: our own name, and that of the envelope. */
export const controlProtocols = ['tureen-control', subProtocol];

export interface ControlSocketOptions {
  readonly access: ApiAccess;
  readonly services: ControlServices;
  readonly stream: EventStream;
  readonly log: Logger;
}

/** Where Controllers connect: programs that drive this server over a connection of their own, several at a time. */
export class ControlSocket {
  /** Those that were let in, by owner. */
  readonly #present = new Map<string, Controller>();
  readonly #controllers = new Set<Controller>();
  #closed = false;

  constructor(private readonly options: ControlSocketOptions) {
    options.services.holdings.notify = (owner, name, data) =>
      this.#present.get(ownerName(owner))?.notify(name, data);
  }

  /** @returns the answer for a request that is malformed, or undefined when the socket took over */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const offered = offeredProtocols(request);
    const protocol = controlProtocols.find((known) => offered.includes(known));
    if (protocol === undefined) return refusal(403, `offer the sub-protocol "${controlProtocols[0]}"`);
    const controllerId = new URL(request.url).searchParams.get('controllerId') ?? crypto.randomUUID();
    if (!isGoodId(controllerId))
      return refusal(400, 'controllerId wants 1 to 128 characters without control characters');
    const { access, services, stream, log } = this.options;
    const address = server.requestIP(request)?.address ?? '';
    // Bun empties the request with the upgrade.
    const asked = new Request(request.url, { headers: request.headers });
    const listener = new Controller({
      services,
      stream,
      log,
      authenticate: () => access.authenticate(asked, address),
      controllerId,
      entered: (controller, owner) => this.#entered(controller, owner),
      left: (controller, owner) => this.#left(controller, owner),
    });
    return upgradeSocket({ request, server, protocol, listener });
  }

  /** The server ends: so does each connection, also one that is let in afterwards. */
  close(): void {
    this.#closed = true;
    for (const controller of [...this.#controllers]) endForRestart(controller);
  }

  /** One that comes back before the server noticed that its former connection is dead takes its place. */
  #entered(controller: Controller, owner: Owner): void {
    const older = this.#present.get(ownerName(owner));
    this.#present.set(ownerName(owner), controller);
    this.#controllers.add(controller);
    this.options.services.holdings.presence.connected(owner);
    older?.end(closeRefused, 'replaced: a controller of this name connected again with the same key');
    if (this.#closed) endForRestart(controller);
  }

  #left(controller: Controller, owner: Owner): void {
    this.#controllers.delete(controller);
    this.options.log.info('a controller disconnected', { ...owner });
    if (this.#present.get(ownerName(owner)) !== controller) return;
    this.#present.delete(ownerName(owner));
    this.options.services.holdings.presence.disconnected(owner);
  }
}

function endForRestart(controller: Controller): void {
  controller.end(closeRestart, 'server_closed: this server ends; connect again to reach another one');
}
