import Memoirist from 'memoirist';
import { SfuError } from '../core/errors.ts';
import { operations } from '../operations/table/index.ts';
import { documents } from './documents.ts';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import { basePath } from './headers.ts';
import { problemResponse } from './problem.ts';

/** A request for an address of the API. */
export interface Asked {
  readonly request: Request;
  /** The other end of the connection. */
  readonly direct: string;
}

type Answer = (asked: Asked, params: Readonly<Record<string, string>>) => Response | Promise<Response>;
/** What an address answers, by verb. */
type Answers = Map<string, Answer>;

export interface RouterOptions extends EndpointOptions {
  readonly version: string;
}

/** Finds what answers for an address: the operations of the table, and the documents that tell of them. */
export class Router {
  readonly #addresses = new Memoirist<Answers>({ onParam: decoded });

  constructor(options: RouterOptions) {
    for (const [path, answers] of answersByPath(options)) this.#addresses.add('', path, answers);
  }

  answer(asked: Asked): Response | Promise<Response> {
    const { method, url } = asked.request;
    const found = this.#addresses.find('', new URL(url).pathname.replace(/\/$/, ''));
    if (!found) return nothingHere();
    // HEAD is GET without the body, which Bun leaves out (RFC 9110, section 9.3.2).
    const answer = found.store.get(method === 'HEAD' ? 'GET' : method);
    return answer ? answer(asked, found.params) : wrongVerb(method, [...found.store.keys()]);
  }
}

function answersByPath({ version, ...options }: RouterOptions): Map<string, Answers> {
  const endpoint = new Endpoint(options);
  const all = new Map<string, Answers>();
  for (const [path, answer] of documents(version))
    all.set(path, new Map([['GET', ({ request }) => answer(request)]]));
  for (const operation of operations) {
    const path = `${basePath}${operation.path}`;
    const answers: Answers = all.get(path) ?? new Map();
    answers.set(operation.verb, (asked, params) => endpoint.answer(operation, { ...asked, path: params }));
    all.set(path, answers);
  }
  return all;
}

/** Null for what is no percent-encoding, which no schema of an operation takes. */
function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

function wrongVerb(method: string, verbs: readonly string[]): Response {
  const allow = [...verbs, 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const message = `this address has no ${method.slice(0, 20)}; it has ${verbs.join(', ')}`;
  return problemResponse(new SfuError('method_not_allowed', message), { allow });
}

function nothingHere(): Response {
  return problemResponse(
    new SfuError('not_found', `there is nothing at this address; ${basePath} lists what there is`),
  );
}
