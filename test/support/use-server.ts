import { afterAll } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { startServer } from './server.ts';

/** A server for all tests of a file. */
export async function useServer(...options: Parameters<typeof startServer>): Promise<Server> {
  const server = await startServer(...options);
  afterAll(() => server.stop());
  return server;
}
