import { SfuError } from '../errors.ts';
import { readObject } from './frame.ts';

/**
 * Reads the body of a request as a JSON object, whatever its Content-Type says, as long as it is small; an empty body
 * reads as {}. Depth and dangerous keys are bounded as those of a frame are.
 * @throws SfuError too_large, or invalid_message for what is no JSON object
 */
export async function readJsonBody(request: Request, mostBytes: number): Promise<Record<string, unknown>> {
  const text = await readText(request, mostBytes);
  return text.trim() === '' ? {} : readObject(text, 'body');
}

/** Reads a body as text, as long as it is small. @throws SfuError too_large */
export async function readText(request: Request, mostBytes: number): Promise<string> {
  const tooLarge = () =>
    new SfuError('too_large', `the body is larger than ${mostBytes} bytes, which is the most; send less`);
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The length may be missing or wrong, so what comes is counted.
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
