import { Elysia } from 'elysia';
import { basePath } from './headers.ts';
import { Router, type RouterOptions } from './router.ts';

interface Context {
  readonly request: Request;
  readonly server: { requestIP(request: Request): { address: string } | null } | null;
}

/** The REST API. Elysia neither reads nor checks the bodies. */
export function restPlugin(options: RouterOptions) {
  const router = new Router(options);
  const answer = ({ request, server }: Context) => {
    const direct = server?.requestIP(request)?.address ?? '';
    return router.answer({ request, direct });
  };
  return new Elysia({ name: 'rest', normalize: false })
    .all(basePath, answer, { parse: 'none' })
    .all(`${basePath}/*`, answer, { parse: 'none' });
}
