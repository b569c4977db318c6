import { readClaims } from './token.ts';

/** The parts of the page's address: the room in the query, a token in the fragment, which is never sent to a server. */
export interface Address {
  readonly room: string;
  readonly name?: string;
  readonly token?: string;
  /** The peer that the token is for. */
  readonly peerId?: string;
  /** Whether the token sets the room or the name: then the user cannot change it. */
  readonly fixedRoom: boolean;
  readonly fixedName: boolean;
  /** The token lets its holder listen and watch only. */
  readonly listens: boolean;
}

export function readAddress(href: string): Address {
  const url = new URL(href);
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined;
  const claims = token === undefined ? {} : readClaims(token);
  const { sub: peerId } = claims;
  const room = url.searchParams.get('room') ?? claims.room ?? '';
  const name = claims.displayName ?? url.searchParams.get('name') ?? undefined;
  return {
    room,
    name,
    token,
    peerId,
    fixedRoom: claims.room === room && room !== '',
    fixedName: !!claims.displayName,
    listens: claims.listens ?? false,
  };
}

/** The link to the room for others. Without the token, which is for one person only. */
export function inviteLink(room: string): string {
  const url = new URL('/', location.href);
  url.searchParams.set('room', room);
  return url.href;
}

/** Puts the room into the address bar, so that reloading and sharing lead back to it. */
export function rememberRoom(room: string): void {
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  history.replaceState(null, '', url);
}

const words = [
  'barley',
  'basil',
  'bisque',
  'carrot',
  'chowder',
  'clover',
  'fennel',
  'garlic',
  'ginger',
  'ladle',
  'leek',
  'lentil',
  'miso',
  'nutmeg',
  'onion',
  'parsley',
  'pepper',
  'potato',
  'ramen',
  'saffron',
  'sage',
  'sorrel',
  'thyme',
  'turnip',
];

/** A name for a room that is easy to say: "sage-lentil-42". */
export function inventRoom(random = Math.random): string {
  const word = () => words[Math.floor(random() * words.length)] ?? 'soup';
  return `${word()}-${word()}-${10 + Math.floor(random() * 90)}`;
}
