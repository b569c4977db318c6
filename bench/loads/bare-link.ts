import type { Announced, Link } from '../load/link.ts';

/** A connection to bench/reference/bare.mjs, which has no rooms or peers: the client requests each consumer. */
export class BareLink implements Link {
  onConsumer: Link['onConsumer'] = async () => {};
  onClosed: Link['onClosed'] = () => {};
  #receivingTransport: string | undefined;

  constructor(private readonly port: number) {}

  async request<R>(method: string, data: object = {}): Promise<R> {
    if (method === 'join') return (await this.#consumeAll(data)) as R;
    const answer = await this.#call<R & { id?: string }>(method, data);
    if (method === 'createWebRtcTransport' && 'consuming' in data && data.consuming)
      this.#receivingTransport = answer.id;
    return answer;
  }

  close(): void {}

  async #consumeAll(data: object): Promise<object> {
    if (!('rtpCapabilities' in data)) return {};
    const { rtpCapabilities } = data;
    const transportId = this.#receivingTransport;
    for (const producerId of await this.#call<string[]>('producers', {})) {
      const announced = await this.#call<Announced>('consume', { transportId, producerId, rtpCapabilities });
      await this.onConsumer(announced);
      await this.#call('resumeConsumer', { consumerId: announced.id });
    }
    return {};
  }

  async #call<R>(method: string, data: object): Promise<R> {
    const body = JSON.stringify({ method, data });
    const answer = await fetch(`http://127.0.0.1:${this.port}/`, { method: 'POST', body });
    return (await answer.json()) as R;
  }
}
