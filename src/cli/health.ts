import { type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { askLocal } from '../host/local.ts';

/**
 * Asks the server on this host for /livez: a health check for containers, which have no HTTP client.
 * @returns the exit code: 0 when the server answers that it is well
 */
export async function health(environment: Environment): Promise<number> {
  try {
    const answer = await askLocal(readConfig(readEnvironment(environment)), '/livez');
    if (answer.ok) return 0;
    console.error(`${answer.url}: status ${answer.status}`);
  } catch (error) {
    console.error((error as Error).message);
  }
  return 1;
}
