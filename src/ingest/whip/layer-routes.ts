import { SfuError } from '../../errors.ts';
import type { Resource } from './http.ts';
import type { MediaSession } from './session.ts';

export function layerResource(_rest: readonly string[]): Resource | undefined {
  return undefined;
}

export async function layerRoutes(
  _session: MediaSession,
  _request: Request,
  _rest: readonly string[],
): Promise<Response> {
  throw new SfuError('not_found', 'there is nothing at this address');
}
