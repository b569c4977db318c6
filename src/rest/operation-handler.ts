import type { ApiAccess } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { Paces } from '../core/pace.ts';
import { headerText } from '../core/text.ts';
import { collectWarnings } from '../core/warnings.ts';
import type { ControlServices, Operation, OperationContext } from '../operations/operation.ts';
import { runOperation } from '../operations/run.ts';
import { etagOf, etagOfResult, matchesEtag, readerOf, requireMatch } from './etags.ts';
import { apiHeaders, basePath, warningHeader } from './headers.ts';
import { IdempotentResponses, readIdempotencyKey, type StoredResponse } from './idempotency.ts';
import { problemResponse } from './problem.ts';
import { readParams } from './read-params.ts';

export interface OperationHandlerOptions {
  readonly services: ControlServices;
  readonly access: ApiAccess;
  readonly log: Logger;
}

/** An HTTP request for an operation. */
export interface OperationRequest {
  readonly request: Request;
  /** Params in the path, decoded. */
  readonly pathParams: Readonly<Record<string, string>>;
  /** The other end of the connection. */
  readonly remoteAddress: string;
}

/** Runs operations over HTTP: authentication, rate limits, idempotency keys and ETags. */
export class OperationHandler {
  readonly #responses: IdempotentResponses;
  readonly #paces: Paces;

  constructor(private readonly options: OperationHandlerOptions) {
    const { clock, config } = options.services;
    this.#responses = new IdempotentResponses(clock);
    this.#paces = new Paces({ clock, perSecond: () => config.apiRequestsPerSecond });
  }

  /** The only place where an error of an operation becomes an HTTP response: it never throws. */
  async respond(operation: Operation, incoming: OperationRequest): Promise<Response> {
    try {
      const { status, headers, body } = await this.#handle(operation, incoming);
      return new Response(status === 204 || status === 304 ? null : body, { status, headers });
    } catch (thrown) {
      const error = toSfuError(thrown);
      if (error.code === 'internal')
        this.options.log.error('an operation failed', { operation: operation.name, error: error.cause });
      return problemResponse(error);
    }
  }

  async #handle(operation: Operation, incoming: OperationRequest): Promise<StoredResponse> {
    const { services, access } = this.options;
    const { request, pathParams, remoteAddress } = incoming;
    access.requirePace(request, remoteAddress);
    const caller = await access.authenticate(request, remoteAddress);
    this.#limitRate(caller.by.id);
    // Checked before the body is read: a caller without the scope need not send it.
    requireScope(caller, operation.scope);
    const params = await readParams(operation, request, pathParams);
    const run = async () => {
      const { warn, text } = collectWarnings();
      const context: OperationContext = { ...services, caller, warn };
      const response = await this.#run(operation, { context, params, headers: request.headers });
      return withWarning(response, text());
    };
    const header = operation.verb === 'POST' ? request.headers.get('idempotency-key') : null;
    if (header === null) return await run();
    const key = `${operation.name} ${readIdempotencyKey(header)}`;
    const fingerprint = etagOf(JSON.stringify(params));
    return await this.#responses.once({ caller: caller.by.id, key, fingerprint }, run);
  }

  async #run(
    operation: Operation,
    call: { context: OperationContext; params: Record<string, unknown>; headers: Headers },
  ): Promise<StoredResponse> {
    const { context, params, headers } = call;
    const match = headers.get('if-match');
    const reader = match === null ? undefined : readerOf(operation);
    const beforeRun = () => {
      if (!reader || match === null) return;
      const current = readCurrent(reader, context, params);
      if (!(current instanceof Promise)) return requireMatch(match, current ?? '');
      return current.then((etag) => requireMatch(match, etag ?? ''));
    };
    const result = await runOperation(operation, { context, params, beforeRun });
    const { status = 200 } = operation;
    if (status === 204) return { status, headers: apiHeaders, body: '' };
    const body = JSON.stringify(result);
    const etag = etagOfResult(operation, result, context);
    const isUnchanged =
      operation.verb === 'GET' && etag !== undefined && matchesEtag(headers.get('if-none-match'), etag);
    return {
      status: isUnchanged ? 304 : status,
      headers: {
        ...apiHeaders,
        'content-type': 'application/json',
        ...(etag !== undefined && { etag }),
        ...(status === 201 && { location: locationOf(operation, params, result) }),
      },
      body,
    };
  }

  #limitRate(caller: string): void {
    const { config } = this.options.services;
    const waitMs = this.#paces.take(caller);
    if (waitMs === undefined) return;
    throw new SfuError(
      'flood',
      `${caller} sent more than ${config.apiRequestsPerSecond} requests a second; wait a second, then go on`,
      { retryAfterSeconds: Math.ceil(waitMs / 1000) },
    );
  }
}

/** Says in a header what was done but not as it should be: what answers with 204 has no body. */
function withWarning(response: StoredResponse, warning: string | undefined): StoredResponse {
  if (warning === undefined) return response;
  return { ...response, headers: { ...response.headers, [warningHeader]: headerText(warning) } };
}

/** The entity tag of what an operation is going to change, for the comparison with If-Match. */
function readCurrent(
  reader: Operation,
  context: OperationContext,
  params: Record<string, unknown>,
): string | undefined | Promise<string | undefined> {
  const readerParams = Object.keys(reader.params.properties).map((name) => [name, params[name]]);
  const current = reader.run(context, Object.fromEntries(readerParams));
  return current instanceof Promise
    ? current.then((value) => etagOfResult(reader, value, context))
    : etagOfResult(reader, current, context);
}

/** The address of the new object in a collection. */
function locationOf({ path }: Operation, params: Record<string, unknown>, result: unknown): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
  return `${basePath}${filled}/${encodeURIComponent(String((result as { id: unknown }).id))}`;
}
