/** Texts that people write and others see, made harmless. HTML is escaped where it is shown, not here. */

const maxNameLength = 64;
const maxDeviceTextLength = 64;

// Control characters, spaces without a width, and the characters that turn the direction of what follows (Unicode TR36), which fake other names.
const unwanted = /[\p{Cc}\u200b\u2060\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

// Letters, digits and punctuation with single spaces between them: most names need no cleaning, and no time for it.
const harmless = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** Without control characters, with single spaces, and at most so many characters. */
export function cleanText(text: string, maxLength: number): string {
  if (text.length <= maxLength && harmless.test(text)) return text;
  const plain = text.replace(unwanted, ' ').replace(/\s+/gu, ' ').trim();
  return Array.from(plain).slice(0, maxLength).join('');
}

/** Ids are the application's: anything printable. An id that cleaning would change could pass for another one. */
export function readId(text: string | null): string | undefined {
  return text !== null && isGoodId(text) ? text : undefined;
}

export function cleanName(name: string): string {
  return cleanText(name, maxNameLength);
}

/** What a path drops as "this folder" and "the folder above", written out or escaped (WHATWG URL, section 4.1). */
const dotSegment = /^(?:\.|%2e){1,2}$/i;

/** Whether a text can be the id of a room or a peer: up to 128 characters that every log and address can carry. */
export function isGoodId(text: string): boolean {
  if (text === '' || text.length > 128 || dotSegment.test(text)) return false;
  return text.isWellFormed() && cleanText(text, 128) === text;
}

/** A text as the value of a header can carry it: what is not printable ASCII is percent-encoded. */
export function headerText(text: string): string {
  return text.toWellFormed().replaceAll(/[^ -~]+/g, encodeURIComponent);
}

type Texts = { flag?: string | null; name?: string | null; version?: string | null };

export function cleanDevice(device: Texts): { flag?: string; name?: string; version?: string } {
  const { flag, name, version } = device;
  const cleaned = { flag, name, version };
  const entries = Object.entries(cleaned).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, cleanText(value, maxDeviceTextLength)]] : [],
  );
  return Object.fromEntries(entries);
}
