import { SfuError } from '../../src/core/errors.ts';
import { cleanText } from '../../src/core/text.ts';

const longestText = 2000;
/** Bytes of a form; an action on a thousand selected peers needs less. */
const longestForm = 256 * 1024;

/** The fields of a form or of an address, read strictly: a field that is wrong says so. */
export class Form {
  constructor(private readonly fields: URLSearchParams) {}

  /** The text of a field; empty when it is not there. */
  text(name: string, longest = longestText): string {
    return cleanText(this.fields.get(name) ?? '', longest);
  }

  /** As it was sent: for ids, which must not be changed. */
  raw(name: string): string {
    return this.fields.get(name) ?? '';
  }

  /** Every value of a field that may come several times. */
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

  /** @throws SfuError invalid_params when it is none of the choices */
  choice<const C extends readonly string[]>(name: string, choices: C): C[number] {
    const value = this.raw(name);
    if (choices.includes(value)) return value;
    throw new SfuError('invalid_params', `the field "${name}" wants one of ${choices.join(', ')}`);
  }

  /** @throws SfuError invalid_params when it is no whole number in the range */
  integer(name: string, { from, to }: { from: number; to: number }): number {
    const value = this.raw(name).trim();
    if (/^-?\d+$/.test(value) && Number(value) >= from && Number(value) <= to) return Number(value);
    throw new SfuError('invalid_params', `the field "${name}" wants a whole number from ${from} to ${to}`);
  }

  /** Name and value of everything, for the hidden fields of a confirmation. */
  entries(): [string, string][] {
    return [...this.fields.entries()];
  }
}

/** Reads the body of a form post. @throws SfuError invalid_params when it is too long or no form */
export async function readForm(request: Request): Promise<Form> {
  const type = request.headers.get('content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw new SfuError('invalid_params', 'this wants a form (application/x-www-form-urlencoded)');
  }
  return new Form(new URLSearchParams(await readText(request)));
}

async function readText(request: Request): Promise<string> {
  const tooLong = () =>
    new SfuError('invalid_params', `the form is longer than ${longestForm} bytes; choose fewer at once`);
  if (Number(request.headers.get('content-length') ?? 0) > longestForm) throw tooLong();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > longestForm) throw tooLong();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
