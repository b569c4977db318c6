import type { TSchema } from '@sinclair/typebox';
import { SfuError } from '../core/errors.ts';
import type { Operation } from '../operations/operation.ts';
import { readJsonBody } from '../wire/body.ts';

/** The names of the params in a path. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Whether the params that are not in the path come in the body; else they come in the query. */
export function hasBody({ verb }: Pick<Operation, 'verb'>): boolean {
  return verb !== 'GET' && verb !== 'DELETE';
}

/**
 * Reads the params of an operation from the path, and from the query or the body. The operation checks them against its
 * schema.
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
      `${misplaced.slice(0, 100)}: must be in the JSON body, not in the query`,
    );
  }
  const twice = Object.keys(fromPath).find((name) => Object.hasOwn(rest, name));
  if (twice !== undefined)
    throw new SfuError('invalid_params', `${twice}: is in the path already; give it only there`);
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
      throw new SfuError('invalid_params', `${name.slice(0, 100)}: must have one value, got several`);
    Object.defineProperty(params, name, {
      value: convert(text, Object.hasOwn(properties, name) ? properties[name] : undefined),
      enumerable: true,
    });
  }
  return params;
}

/** Converts text of an address to the number or boolean of the schema. Other text stays as it is. */
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
    `the body must be JSON, sent with Content-Type: application/json, got "${type.slice(0, 80)}"`,
  );
}
