/** The element of the page with that id. @throws Error when index.html has another one, or none */
export function byId<T extends Element = HTMLElement>(id: string, type?: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element === null || (type && !(element instanceof type))) throw new Error(`index.html lacks #${id}`);
  return element as unknown as T;
}

/** Creates an element. Texts are never set as markup, so names and messages are shown as they are. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties?: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const svg = 'http://www.w3.org/2000/svg';

/** One of the symbols of index.html; the element around it has the accessible name. */
export function icon(name: string): SVGSVGElement {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('class', 'icon');
  element.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `#i-${name}`);
  element.append(use);
  return element;
}

/** Changes the symbol in a button. */
export function setIcon(button: Element, name: string): void {
  button.querySelector('use')?.setAttribute('href', `#i-${name}`);
}

/** The first letters of the first and the last word of a name; of a number, which tells "Guest 11" from "Guest 12", all. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const number = words.length > 1 ? /^\d{1,3}$/.exec(words.at(-1) ?? '')?.[0] : undefined;
  if (number) return `${Array.from(words[0] ?? '')[0] ?? ''}${number}`.toUpperCase();
  const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map(
    (word) => Array.from(word ?? '')[0] ?? '',
  );
  return letters.join('').toUpperCase() || '?';
}

/** Gives an avatar the letters and the colour of a name. */
export function paintAvatar(element: HTMLElement, name: string): void {
  element.textContent = initials(name);
  element.classList.toggle('long', element.textContent.length > 2);
  let hue = 0;
  for (const character of name) hue = (hue * 31 + (character.codePointAt(0) ?? 0)) % 360;
  // Names that differ in their last letter only get colours that are far apart.
  element.style.setProperty('--hue', String((hue * 137) % 360));
}
