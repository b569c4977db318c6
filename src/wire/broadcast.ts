import type { SocketData } from './socket.ts';

/**
 * Sends one text to all sockets that subscribed to a topic, which is written once for all of them. It comes in order
 * with what is sent to each: https://bun.com/docs/runtime/http/websockets
 */
export class Broadcast {
  /** Usually one. While another takes its place, as for a new certificate, both have sockets. */
  readonly #servers = new Set<Bun.Server<SocketData>>();

  /** A server whose sockets may subscribe. */
  use(server: Bun.Server<SocketData>): void {
    this.#servers.add(server);
  }

  send(topic: string, text: string): void {
    for (const server of this.#servers) server.publish(topic, text);
  }
}
