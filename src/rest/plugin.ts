import { Elysia } from 'elysia';
import { basePath } from './headers.ts';
import type { Router, RouterOptions } from './router.ts';

interface Context {
  readonly request: Request;
  readonly server: { requestIP(request: Request): { address: string } | null } | null;
}

/**
 * The REST API. The table of operations takes some megabytes and many nodes are never called, so it is loaded with the
 * first request. Elysia neither parses nor validates bodies here.
 */
export function restPlugin(options: RouterOptions) {
  let router: Promise<Router> | undefined;
  const respond = async ({ request, server }: Context) => {
    const remoteAddress = server?.requestIP(request)?.address ?? '';
    router ??= import('./router.ts').then(({ Router: Loaded }) => new Loaded(options));
    return (await router).respond({ request, remoteAddress });
  };
  return new Elysia({ name: 'rest', normalize: false })
    .all(basePath, respond, { parse: 'none' })
    .all(`${basePath}/*`, respond, { parse: 'none' });
}
