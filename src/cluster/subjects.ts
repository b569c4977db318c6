import type { NodeRef } from '../sfu/rooms/share.ts';

/**
 * Subjects are `t.<node>.<life>.<rest>`: a node publishes beneath its own name only, which the bus can enforce, and so
 * a subject says who speaks. Names and ids are base64url, because subjects take neither spaces nor letters beyond ASCII.
 */
const root = 't';

const encode = (text: string) => Buffer.from(text).toString('base64url');
const decode = (text: string) => Buffer.from(text, 'base64url').toString();

/** The subjects beneath which a node speaks. */
export class OwnSubjects {
  readonly #own: string;

  constructor(self: NodeRef) {
    this.#own = `${root}.${encode(self.name)}.${self.life}`;
  }

  /** To all nodes. */
  node(name: string): string {
    return `${this.#own}.node.${name}`;
  }

  /** To all nodes that have a room. */
  room(roomId: string, name: string): string {
    return `${this.#own}.room.${encode(roomId)}.${name}`;
  }

  /** Messages of data channels in a room, which have a connection of their own. */
  data(roomId: string): string {
    return `${this.#own}.data.${encode(roomId)}`;
  }

  /** To one node. */
  ask(life: string, name: string): string {
    return `${this.#own}.ask.${life}.${name}`;
  }
}

/** All that a node may say, in any life, and where it gets answers; and what nodes say at all. */
export const subjectsOf = (node: string) => `${root}.${encode(node)}.>`;
export const inboxesOf = (node: string) => `i.${encode(node)}.>`;
export const everything = `${root}.>`;

/** What begins the subjects of answers to a node. */
export function inboxPrefix({ name, life }: NodeRef): string {
  return `i.${encode(name)}.${life}`;
}

/** Patterns of what a node listens to. */
export const everyNode = (name: string) => `${root}.*.*.node.${name}`;
export const everywhereInRoom = (roomId: string) => `${root}.*.*.room.${encode(roomId)}.*`;
export const dataInRoom = (roomId: string) => `${root}.*.*.data.${encode(roomId)}`;
export const askedOf = (life: string) => `${root}.*.*.ask.${life}.>`;

/** Who says something under a subject of these patterns, and what: the name of the message. */
export function readSubject(subject: string): { readonly from: NodeRef; readonly name: string } | undefined {
  const [first, node = '', life = '', kind, ...rest] = subject.split('.');
  if (first !== root || node === '' || life === '') return undefined;
  const from = { name: decode(node), life };
  return { from, name: (kind === 'node' ? rest : rest.slice(1)).join('.') };
}
