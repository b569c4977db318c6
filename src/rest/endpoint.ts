import type { ApiAccess } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ControlServices, Operation, OperationContext } from '../operations/operation.ts';
import { runOperation } from '../operations/run.ts';
import { RateLimiter } from '../wire/rate-limiter.ts';
import { apiHeaders, basePath } from './headers.ts';
import { type Answer, IdempotentAnswers, readIdempotencyKey } from './idempotency.ts';
import { problemResponse } from './problem.ts';
import { readParams } from './read-params.ts';
import { answersVersioned, etagOf, isKnown, readerOf, requireMatch } from './versions.ts';

export interface EndpointOptions {
  readonly services: ControlServices;
  readonly access: ApiAccess;
  readonly log: Logger;
}

/** One HTTP request for an operation. */
export interface Call {
  readonly request: Request;
  /** Params in the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The other end of the connection. */
  readonly direct: string;
}

/** Callers whose pace is remembered at most; the ones that were quiet for longest are forgotten first. */
const mostCallers = 1000;

/** Carries out operations as HTTP wants it: who may, how often, on which version, and only once. */
export class Endpoint {
  readonly #answers: IdempotentAnswers;
  readonly #paces = new Map<string, RateLimiter>();

  constructor(private readonly options: EndpointOptions) {
    this.#answers = new IdempotentAnswers(options.services.clock);
  }

  /** The only place where an error of an operation becomes an HTTP answer: it never throws. */
  async answer(operation: Operation, call: Call): Promise<Response> {
    try {
      const { status, headers, body } = await this.#answer(operation, call);
      return new Response(status === 204 || status === 304 ? null : body, { status, headers });
    } catch (thrown) {
      const error = toSfuError(thrown);
      if (error.code === 'internal')
        this.options.log.error('an operation failed', { operation: operation.name, error: error.cause });
      return problemResponse(error);
    }
  }

  async #answer(operation: Operation, call: Call): Promise<Answer> {
    const { services, access } = this.options;
    const { request } = call;
    const caller = await access.authenticate(request, call.direct);
    this.#keepPace(caller.by.id);
    // Whoever may not do it at all need not send the body.
    requireScope(caller, operation.scope);
    const context: OperationContext = { ...services, caller };
    const params = await readParams(operation, request, call.path);
    const run = () => this.#run(operation, context, params, request);
    const header = operation.verb === 'POST' ? request.headers.get('idempotency-key') : null;
    if (header === null) return await run();
    const key = `${operation.name} ${readIdempotencyKey(header)}`;
    const fingerprint = etagOf(JSON.stringify(params));
    return await this.#answers.once({ caller: caller.by.id, key, fingerprint }, run);
  }

  async #run(
    operation: Operation,
    context: OperationContext,
    params: Record<string, unknown>,
    { headers }: Request,
  ): Promise<Answer> {
    const match = headers.get('if-match');
    const reader = match === null ? undefined : readerOf(operation);
    const beforeRun = () => {
      if (reader && match !== null) requireMatch(match, etagOf(textOf(reader, context, params)));
    };
    const result = await runOperation(operation, { context, params, beforeRun });
    const { status = 200 } = operation;
    if (status === 204) return { status, headers: apiHeaders, body: '' };
    const body = JSON.stringify(result);
    const etag = answersVersioned(operation) ? etagOf(body) : undefined;
    const known =
      operation.verb === 'GET' && etag !== undefined && isKnown(headers.get('if-none-match'), etag);
    return {
      status: known ? 304 : status,
      headers: {
        ...apiHeaders,
        'content-type': 'application/json',
        ...(etag !== undefined && { etag }),
        ...(status === 201 && { location: locationOf(operation, params, result) }),
      },
      body,
    };
  }

  #keepPace(caller: string): void {
    const { clock, config } = this.options.services;
    const pace = this.#paces.get(caller) ?? new RateLimiter(config.apiRequestsPerSecond, clock);
    this.#paces.delete(caller);
    this.#paces.set(caller, pace);
    const [oldest] = this.#paces.keys();
    if (this.#paces.size > mostCallers && oldest !== undefined) this.#paces.delete(oldest);
    if (pace.take()) return;
    throw new SfuError(
      'flood',
      `more than ${config.apiRequestsPerSecond} requests a second came from ${caller}; wait a second, then go on`,
    );
  }
}

/** The present representation of what is to be changed, for the comparison with If-Match. */
function textOf(reader: Operation, context: OperationContext, params: Record<string, unknown>): string {
  const own = Object.keys(reader.params.properties).map((name) => [name, params[name]]);
  return JSON.stringify(reader.run(context, Object.fromEntries(own)));
}

/** Where the new object of a collection is. */
function locationOf({ path }: Operation, params: Record<string, unknown>, result: unknown): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
  return `${basePath}${filled}/${encodeURIComponent(String((result as { id: unknown }).id))}`;
}
