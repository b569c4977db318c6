import type { ApiAccess } from '../access/api-access.ts';
import { toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type Owner, ownerName } from '../operations/holdings/owner.ts';
import type { ControlServices } from '../operations/operation.ts';
import type { EventStream } from '../public-events/stream.ts';
import { requireId } from '../wire/check.ts';
import { closeRefused, closeRestart, subProtocol } from '../wire/envelope.ts';
import {
  chooseProtocol,
  offeredProtocols,
  refuseHandshake,
  type SocketData,
  upgradeSocket,
} from '../wire/socket.ts';
import { Controller } from './controller.ts';

/** The sub-protocols with which a controller may connect: our own, and that of the envelope. */
export const controlProtocols = ['tureen-control', subProtocol];

export interface ControlSocketOptions {
  readonly access: ApiAccess;
  readonly services: ControlServices;
  readonly stream: EventStream;
  readonly log: Logger;
}

/** The control socket, to which controllers connect: programs that control this server. Several can be connected. */
export class ControlSocket {
  /** The current connection of each owner. */
  readonly #byOwner = new Map<string, Controller>();
  /** Every open connection, also one that was just replaced. */
  readonly #controllers = new Set<Controller>();
  #closed = false;

  constructor(private readonly options: ControlSocketOptions) {
    options.services.holdings.notify = (owner, name, data) =>
      this.#byOwner.get(ownerName(owner))?.notify(name, data);
  }

  /** Upgrades a request to a socket. @returns a response when it is refused, undefined when the socket took over */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    try {
      return this.#upgrade(request, server);
    } catch (thrown) {
      return refuseHandshake(toSfuError(thrown));
    }
  }

  /** Ends the connections whose keys are not valid any more. */
  checkKeys(): void {
    for (const controller of [...this.#controllers]) void controller.checkKey();
  }

  /** Closes every connection, also one that is accepted afterwards: the server stops. */
  close(): void {
    this.#closed = true;
    for (const controller of [...this.#controllers]) endForRestart(controller);
  }

  #upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const { access, services, stream, log } = this.options;
    const remoteAddress = server.requestIP(request)?.address ?? '';
    access.requirePace(request, remoteAddress);
    const protocol = chooseProtocol(controlProtocols, offeredProtocols(request));
    const controllerId = new URL(request.url).searchParams.get('controllerId') ?? crypto.randomUUID();
    requireId('controllerId', controllerId);
    // A copy, because Bun empties the request when it upgrades.
    const handshake = new Request(request.url, { headers: request.headers });
    const listener = new Controller({
      services,
      stream,
      log,
      authenticate: () => access.authenticate(handshake, remoteAddress),
      controllerId,
      onEntered: (controller, owner) => this.#entered(controller, owner),
      onLeft: (controller, owner) => this.#left(controller, owner),
    });
    return upgradeSocket({ request, server, protocol, listener });
  }

  /** A new connection replaces one of the same owner, which the controller may have lost without the server noticing. */
  #entered(controller: Controller, owner: Owner): void {
    const earlier = this.#byOwner.get(ownerName(owner));
    this.#byOwner.set(ownerName(owner), controller);
    this.#controllers.add(controller);
    this.options.services.holdings.presence.connected(owner);
    earlier?.end(closeRefused, 'replaced: a controller of this name connected again with the same key');
    if (this.#closed) endForRestart(controller);
  }

  #left(controller: Controller, owner: Owner): void {
    this.#controllers.delete(controller);
    this.options.log.info('a controller disconnected', { ...owner });
    if (this.#byOwner.get(ownerName(owner)) !== controller) return;
    this.#byOwner.delete(ownerName(owner));
    this.options.services.holdings.presence.disconnected(owner);
  }
}

function endForRestart(controller: Controller): void {
  controller.end(closeRestart, 'server_closed: this server stops; connect again to reach another one');
}
