import { SfuError } from '../core/errors.ts';
import { parseObject, tame } from './json.ts';

/** Bytes of a body at most: a description of a browser's media has some 10 KiB. */
export const maxBodyBytes = 64 * 1024;
/** How deep a JSON body may be nested. */
const maxBodyDepth = 24;

/**
 * Reads the body of a request as a JSON object; an empty one reads as {}.
 * @throws SfuError too_large, or invalid_message for what is no JSON object or nested too deep
 */
export async function readJsonBody(request: Request): Promise<Record<string, unknown>> {
  const text = await readText(request, maxBodyBytes);
  if (text.trim() === '') return {};
  const body = parseObject(text, 'body');
  if (tame(body, maxBodyDepth)) return body;
  throw new SfuError('invalid_message', `the body is nested deeper than ${maxBodyDepth} levels`);
}

/**
 * Reads no more of a body than is taken, whatever Content-Length says.
 * @throws SfuError too_large, or invalid_message for what is not UTF-8
 */
export async function readText(request: Request, mostBytes: number): Promise<string> {
  const tooLarge = () => new SfuError('too_large', `the body may have ${mostBytes} bytes; send less`);
  if (Number(request.headers.get('content-length')) > mostBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  let text = '';
  try {
    for await (const part of request.body ?? []) {
      bytes += part.byteLength;
      if (bytes > mostBytes) throw tooLarge();
      text += decoder.decode(part, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof SfuError) throw error;
    throw new SfuError('invalid_message', 'the body could not be read as UTF-8', { cause: error });
  }
}
