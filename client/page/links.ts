import { make } from './dom.ts';

/** Addresses of web pages in a text. Marks of direction could make one look like another. */
const address = /\bhttps?:\/\/[^\s<>"'\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const trailing = /[.,:;!?)\]}]+$/;

/** A text with its links, as nodes. Only http and https become links, and they tell the page nothing of the call. */
export function withLinks(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const shown = match[0].replace(trailing, '');
    const url = URL.parse(shown);
    if (url?.username !== '' || url.password !== '') continue;
    parts.push(text.slice(end, match.index));
    const { href } = url;
    parts.push(
      make('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow', textContent: shown }),
    );
    end = match.index + shown.length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== '');
}
