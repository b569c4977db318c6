import { SfuError } from '../core/errors.ts';
import { parseObject, sanitize } from './json.ts';

/** The largest body, in bytes. The SDP of a browser has about 10 KiB. */
export const maxBodyBytes = 64 * 1024;
/** How deep a JSON body may be nested. */
const maxBodyDepth = 24;

/**
 * Reads the body of a request as a JSON object; an empty body is {}.
 * @throws SfuError too_large; invalid_message when it is not a JSON object or is nested too deep
 */
export async function readJsonBody(request: Request): Promise<Record<string, unknown>> {
  const text = await readText(request, maxBodyBytes);
  if (text.trim() === '') return {};
  const body = parseObject(text, 'body');
  if (sanitize(body, maxBodyDepth)) return body;
  throw new SfuError('invalid_message', `the body is nested deeper than ${maxBodyDepth} levels`);
}

/**
 * Reads a body as text and stops at the limit, whatever Content-Length says.
 * @throws SfuError too_large; invalid_message when it is not UTF-8
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new SfuError('too_large', `the body may have at most ${maxBytes} bytes; send less`);
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let text = '';
  try {
    for await (const part of request.body ?? []) {
      bytes += part.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      text += decoder.decode(part, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof SfuError) throw error;
    throw new SfuError('invalid_message', 'the body is not UTF-8; send UTF-8 text', { cause: error });
  }
}
