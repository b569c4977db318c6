import type { Operation } from '../operations/operation.ts';
import { basePath } from './headers.ts';
import { hasBody, pathNames } from './read-params.ts';

export interface ExampleRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The example of an operation as an HTTP request. */
export function exampleRequest(operation: Operation, example = operation.example): ExampleRequest {
  const params = example as Readonly<Record<string, unknown>>;
  const inPath = pathNames(operation.path);
  const path = `${basePath}${operation.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))}`;
  const rest = Object.entries(params).filter(([name]) => !inPath.includes(name));
  if (rest.length === 0) return { method: operation.verb, path };
  if (hasBody(operation)) return { method: operation.verb, path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(rest.map(([name, value]) => [name, String(value)]));
  return { method: operation.verb, path: `${path}?${query}` };
}

/** The example as a shell command; `$TUREEN` is the server's address, `$KEY` the key. */
export function exampleCommand(operation: Operation): string {
  const { method, path, body } = exampleRequest(operation, readable(operation.example));
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  const data =
    body === undefined
      ? ''
      : ` \\\n  -H 'Content-Type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
  return `curl${verb} -H "Authorization: Bearer $KEY" "$TUREEN${path}"${data}`;
}

/** Writes the placeholders of tests, such as `{producer}`, as placeholders for readers: `producer-id`. */
function readable(example: unknown): unknown {
  return JSON.parse(JSON.stringify(example), (_key, part: unknown) =>
    typeof part === 'string' ? part.replace(/^\{(\w+)\}$/, '$1-id') : part,
  );
}
