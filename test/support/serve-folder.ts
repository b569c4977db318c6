import { join } from 'node:path';

/** Serves the files of a folder at a port of its own, as the tools of applications do. */
export function serveFolder(folder: string) {
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/favicon.ico') return new Response(null, { status: 204 });
      return new Response(Bun.file(join(folder, pathname === '/' ? 'index.html' : pathname)));
    },
  });
}
