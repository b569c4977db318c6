import { Elysia } from 'elysia';
import { basePath } from './headers.ts';
import { Router, type RouterOptions } from './router.ts';

interface Context {
  readonly request: Request;
  readonly server: { requestIP(request: Request): { address: string } | null } | null;
}

/** The REST API. Elysia neither parses nor validates bodies here. */
export function restPlugin(options: RouterOptions) {
  const router = new Router(options);
  const respond = ({ request, server }: Context) => {
    const remoteAddress = server?.requestIP(request)?.address ?? '';
    return router.respond({ request, remoteAddress });
  };
  return new Elysia({ name: 'rest', normalize: false })
    .all(basePath, respond, { parse: 'none' })
    .all(`${basePath}/*`, respond, { parse: 'none' });
}
