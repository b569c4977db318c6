import { Elysia } from 'elysia';
import { SfuError } from '../../errors.ts';
import type { Operation } from '../operation.ts';
import { operations } from '../operations/index.ts';
import { documents } from './documents.ts';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import { basePath } from './headers.ts';
import { problemResponse } from './problem.ts';

/** The REST API: a route for each operation of the table. Elysia neither reads nor checks the bodies. */
export function restPlugin(options: EndpointOptions & { version: string }) {
  const endpoint = new Endpoint(options);
  const app = new Elysia({ name: 'rest', normalize: false });
  for (const [path, answer] of documents(options.version)) app.get(path, ({ request }) => answer(request));
  for (const operation of operations) {
    app.route(
      operation.verb,
      `${basePath}${operation.path}`,
      ({ request, params, server }) => {
        const direct = server?.requestIP(request)?.address ?? '';
        // Elysia gives no params at all to a route that has none in its path.
        const path = (params ?? {}) as Record<string, string>;
        return endpoint.answer(operation, { request, path, direct });
      },
      { parse: 'none' },
    );
  }
  for (const [path, verbs] of verbsByPath(operations)) {
    app.all(`${basePath}${path}`, ({ request }) => wrongVerb(request, verbs), { parse: 'none' });
  }
  return app.all(`${basePath}/*`, () => nothingHere(), { parse: 'none' });
}

function verbsByPath(all: readonly Operation[]): Map<string, string[]> {
  const verbs = new Map<string, string[]>();
  for (const { path, verb } of all) verbs.set(path, [...(verbs.get(path) ?? []), verb]);
  return verbs;
}

function wrongVerb(request: Request, verbs: readonly string[]): Response {
  const allow = [...verbs, 'OPTIONS'].join(', ');
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const message = `this address has no ${request.method.slice(0, 20)}; it has ${verbs.join(', ')}`;
  return problemResponse(new SfuError('method_not_allowed', message), { allow });
}

function nothingHere(): Response {
  return problemResponse(
    new SfuError('not_found', `there is nothing at this address; ${basePath} lists what there is`),
  );
}
