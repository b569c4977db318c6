import type { TSchema } from '@sinclair/typebox';
import { SfuError } from '../core/errors.ts';
import type { Operation } from '../operations/operation.ts';
import { readJsonBody } from '../wire/body.ts';

/** Names of the params that stand in the path. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Whether the params beside those of the path come in the body. */
export function hasBody({ verb }: Pick<Operation, 'verb'>): boolean {
  return verb !== 'GET' && verb !== 'DELETE';
}

/**
 * The params of an operation, from the address and from the query or the body. Whether they fit the schema is checked
 * where the operation runs.
 * @throws SfuError invalid_message, invalid_params, too_large, unsupported_media_type
 */
export async function readParams(
  operation: Operation,
  request: Request,
  fromPath: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const { properties } = operation.params;
  const path = Object.entries(fromPath).map(([name, text]) => [name, convert(text, properties[name])]);
  const query = readQuery(new URL(request.url).searchParams, properties);
  const rest = hasBody(operation) ? await readBody(request) : query;
  const misplaced = Object.keys(hasBody(operation) ? query : {})[0];
  if (misplaced !== undefined) {
    throw new SfuError(
      'invalid_params',
      `${misplaced.slice(0, 100)}: goes into the JSON body, not the query`,
    );
  }
  const twice = Object.keys(fromPath).find((name) => Object.hasOwn(rest, name));
  if (twice !== undefined) throw new SfuError('invalid_params', `${twice}: is in the address already`);
  return { ...rest, ...Object.fromEntries(path) };
}

function readQuery(
  query: URLSearchParams,
  properties: Readonly<Record<string, TSchema>>,
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    // The credential of scripts that cannot set a header.
    if (name === 'token') continue;
    const [text = '', ...more] = query.getAll(name);
    if (more.length > 0)
      throw new SfuError('invalid_params', `${name.slice(0, 100)}: wants one value, got several`);
    Object.defineProperty(params, name, {
      value: convert(text, Object.hasOwn(properties, name) ? properties[name] : undefined),
      enumerable: true,
    });
  }
  return params;
}

/** A text of an address as the number or the boolean that the schema wants; what cannot be one stays as it is. */
function convert(text: string, schema: TSchema | undefined): unknown {
  if (schema?.type === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text);
  if (schema?.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const isJson = type === 'application/json' || type === 'application/merge-patch+json';
  const isEmpty = request.body === null || request.headers.get('content-length') === '0';
  if (isJson || isEmpty) return await readJsonBody(request);
  throw new SfuError(
    'unsupported_media_type',
    `the body has to be JSON: send Content-Type: application/json, got "${type.slice(0, 80)}"`,
  );
}
