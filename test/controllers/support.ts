import type { Server } from '../../src/app/server.ts';
import type { OperationName, OperationParams, OperationResult } from '../../src/operations/table/index.ts';
import { SignalingClient } from '../support/signaling-client.ts';

/** A Controller: it speaks the envelope to /control. */
export class TestController {
  private constructor(readonly client: SignalingClient) {}

  /** Resolves when it was let in. */
  static async connect(
    server: Server,
    options: { id?: string; token?: string } = {},
  ): Promise<TestController> {
    const query = options.id === undefined ? '' : `controllerId=${encodeURIComponent(options.id)}&`;
    const client = await SignalingClient.connect({ server, path: `/control?${query}`, token: options.token });
    await client.waitFor('welcome');
    return new TestController(client);
  }

  /** Asks for an operation. @throws Refused */
  ask<N extends OperationName>(name: N, params: OperationParams<N>): Promise<OperationResult<N>> {
    return this.client.ask(name, params) as Promise<OperationResult<N>>;
  }

  /** The code of the refusal, or `done`. */
  async codeOf<N extends OperationName>(name: N, params: OperationParams<N>): Promise<string> {
    return await this.ask(name, params).then(
      () => 'done',
      (error: { code?: string }) => error.code ?? String(error),
    );
  }

  /** Ends the connection as a program does that dies. */
  async die(): Promise<void> {
    await this.client.close();
  }
}
