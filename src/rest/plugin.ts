import { Elysia } from 'elysia';
import { basePath } from './headers.ts';
import type { Router, RouterOptions } from './router.ts';

interface Context {
  readonly request: Request;
  readonly server: { requestIP(request: Request): { address: string } | null } | null;
}

/**
 * The REST API. Its table of operations with their schemas is loaded with the first request: many nodes never get one,
 * and it takes some megabytes. Elysia neither reads nor checks the bodies.
 */
export function restPlugin(options: RouterOptions) {
  let router: Promise<Router> | undefined;
  const answer = async ({ request, server }: Context) => {
    const direct = server?.requestIP(request)?.address ?? '';
    router ??= import('./router.ts').then(({ Router: Loaded }) => new Loaded(options));
    return (await router).answer({ request, direct });
  };
  return new Elysia({ name: 'rest', normalize: false })
    .all(basePath, answer, { parse: 'none' })
    .all(`${basePath}/*`, answer, { parse: 'none' });
}
