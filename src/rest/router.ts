import Memoirist from 'memoirist';
import { SfuError } from '../core/errors.ts';
import { operations } from '../operations/table/index.ts';
import { captureFile, captureFilePath } from './capture-file.ts';
import { documents } from './documents.ts';
import { basePath } from './headers.ts';
import { OperationHandler, type OperationHandlerOptions } from './operation-handler.ts';
import { problemResponse } from './problem.ts';

/** A request for an address of the API. */
export interface IncomingRequest {
  readonly request: Request;
  /** The other end of the connection. */
  readonly remoteAddress: string;
}

type Handler = (
  incoming: IncomingRequest,
  pathParams: Readonly<Record<string, string>>,
) => Response | Promise<Response>;
type HandlersByVerb = Map<string, Handler>;

export interface RouterOptions extends OperationHandlerOptions {
  readonly version: string;
}

/** Routes requests to the operations of the table, and to the documents about them. */
export class Router {
  readonly #routes = new Memoirist<HandlersByVerb>({ onParam: decode });

  constructor(options: RouterOptions) {
    for (const [path, handlers] of handlersByPath(options)) this.#routes.add('', path, handlers);
  }

  respond(incoming: IncomingRequest): Response | Promise<Response> {
    const { method, url } = incoming.request;
    const route = this.#routes.find('', new URL(url).pathname.replace(/\/$/, ''));
    if (!route) return nothingHere();
    // HEAD is GET without the body, which Bun leaves out (RFC 9110, section 9.3.2).
    const handler = route.store.get(method === 'HEAD' ? 'GET' : method);
    return handler ? handler(incoming, route.params) : wrongVerb(method, [...route.store.keys()]);
  }
}

function handlersByPath({ version, ...options }: RouterOptions): Map<string, HandlersByVerb> {
  const operationHandler = new OperationHandler(options);
  const byPath = new Map<string, HandlersByVerb>();
  for (const [path, respond] of documents(version))
    byPath.set(path, new Map([['GET', ({ request }) => respond(request)]]));
  byPath.set(
    `${basePath}${captureFilePath}`,
    new Map([['GET', (incoming, pathParams) => captureFile(options, { ...incoming, pathParams })]]),
  );
  for (const operation of operations) {
    const path = `${basePath}${operation.path}`;
    const handlers: HandlersByVerb = byPath.get(path) ?? new Map();
    handlers.set(operation.verb, (incoming, pathParams) =>
      operationHandler.respond(operation, { ...incoming, pathParams }),
    );
    byPath.set(path, handlers);
  }
  return byPath;
}

/** Null for invalid percent-encoding, which no schema of an operation accepts. */
function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

function wrongVerb(method: string, verbs: readonly string[]): Response {
  const allow = [...verbs, 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const message = `this address does not support ${method.slice(0, 20)}; use ${verbs.join(', ')}`;
  return problemResponse(new SfuError('method_not_allowed', message), { allow });
}

function nothingHere(): Response {
  return problemResponse(
    new SfuError('not_found', `there is nothing at this address; ${basePath} lists every operation`),
  );
}
