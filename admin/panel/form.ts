import { SfuError } from '../../src/core/errors.ts';
import { cleanText } from '../../src/core/text.ts';

const maxTextLength = 2000;
/** Enough for an action on a thousand selected peers, and for SDP. */
const maxBodyBytes = 256 * 1024;

/** The fields of a form or a query. Reading a wrong one throws an error that names it. */
export class Form {
  constructor(private readonly fields: URLSearchParams) {}

  /** The cleaned text of a field; empty when it is missing. */
  text(name: string, maxLength = maxTextLength): string {
    return cleanText(this.fields.get(name) ?? '', maxLength);
  }

  /** As it was sent, for ids, which must not be cleaned. */
  raw(name: string): string {
    return this.fields.get(name) ?? '';
  }

  /** All values of a field that may occur several times. */
  all(name: string): string[] {
    return this.fields.getAll(name);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  /** @throws SfuError invalid_params when the field is missing or empty */
  required(name: string): string {
    const value = this.raw(name);
    if (value !== '') return value;
    throw new SfuError('invalid_params', `the field "${name}" is missing; go back and fill it in`);
  }

  /** @throws SfuError invalid_params when it is not one of the choices */
  choice<const C extends readonly string[]>(name: string, choices: C): C[number] {
    const value = this.raw(name);
    if (choices.includes(value)) return value;
    throw new SfuError('invalid_params', `the field "${name}" must be one of ${choices.join(', ')}`);
  }

  /** @throws SfuError invalid_params when it is not a whole number in the range */
  integer(name: string, { from, to }: { from: number; to: number }): number {
    const value = this.raw(name).trim();
    if (/^-?\d+$/.test(value) && Number(value) >= from && Number(value) <= to) return Number(value);
    throw new SfuError('invalid_params', `the field "${name}" must be a whole number from ${from} to ${to}`);
  }

  /** All names and values, for the hidden fields of a confirmation. */
  entries(): [string, string][] {
    return [...this.fields.entries()];
  }
}

/** Reads the body of a form post. @throws SfuError invalid_params when it is too long or not a form */
export async function readForm(request: Request): Promise<Form> {
  const type = request.headers.get('content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw new SfuError('invalid_params', 'the body must be a form (application/x-www-form-urlencoded)');
  }
  return new Form(new URLSearchParams(await readText(request)));
}

/** The text of a body. @throws SfuError invalid_params when it is too long */
export async function readText(request: Request): Promise<string> {
  const tooLong = () =>
    new SfuError('invalid_params', `what was sent is longer than ${maxBodyBytes} bytes; send less`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLong();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw tooLong();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** @throws SfuError invalid_message when the client went away in the middle, which is no mistake of the server */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch (error) {
    throw new SfuError('invalid_message', 'what was sent was cut off on its way; send it again', {
      cause: error,
    });
  }
}
