import type { TureenClient } from '../index.ts';
import { byId, make } from './dom.ts';
import { notify } from './notices.ts';
import { sentence } from './texts.ts';

const mostMessages = 500;

/** The chat beside the call. */
export class Chat {
  readonly #panel = byId('chat');
  readonly #list = byId('messages');
  readonly #toggle = byId('chat-toggle', HTMLButtonElement);
  readonly #input = byId('chat-text', HTMLInputElement);
  #unread = 0;

  constructor(
    private readonly client: TureenClient,
    signal: AbortSignal,
  ) {
    this.#list.replaceChildren(make('p', { className: 'empty', textContent: 'Nobody has written yet.' }));
    this.#show(false);
    client.on('chat', ({ peer, text }) => this.#write(peer.displayName || 'Guest', text, false));
    this.#toggle.addEventListener('click', () => this.toggle(), { signal });
    byId('chat-close').addEventListener('click', () => this.toggle(), { signal });
    byId('chat-form').addEventListener('submit', (event) => this.#submit(event), { signal });
    this.#list.tabIndex = 0;
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') this.toggle();
    };
    this.#panel.addEventListener('keydown', closeOnEscape, { signal });
  }

  toggle(): void {
    const open = this.#panel.hidden !== false;
    this.#show(open);
    if (open) this.#input.focus();
    else this.#toggle.focus();
  }

  #show(open: boolean): void {
    this.#panel.hidden = !open;
    this.#toggle.setAttribute('aria-expanded', String(open));
    this.#setUnread(0);
    if (!open) return;
    // The chat shows these messages from now on, and on a phone the toasts would cover it.
    for (const toast of document.querySelectorAll('.toast.of-chat')) toast.remove();
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (text === '') return;
    this.#input.value = '';
    this.#send(this.#write('You', text, true), text);
  }

  /** Sends it, and marks it until the server has passed it on. */
  #send(item: HTMLElement, text: string): void {
    item.classList.add('sending');
    item.querySelector('.message-failed')?.remove();
    this.client
      .sendChat(text)
      .catch((error: unknown) => this.#failed(item, text, error))
      .finally(() => item.classList.remove('sending'));
  }

  #failed(item: HTMLElement, text: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const again = make('button', { type: 'button', className: 'text-button', textContent: 'Send again' });
    again.addEventListener('click', () => this.#send(item, text));
    const what = make('span', { textContent: 'Not sent. ', title: sentence(reason) });
    item.append(make('p', { className: 'message-failed' }, what, again));
    this.#list.scrollTop = this.#list.scrollHeight;
    if (this.#panel.hidden) notify(`Your message was not sent: ${reason}`);
  }

  #write(name: string, text: string, own: boolean): HTMLElement {
    this.#list.querySelector('.empty')?.remove();
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const head = make('p', { className: 'message-head' }, make('strong', { textContent: name }), ` ${time}`);
    const item = make(
      'div',
      { className: own ? 'message own' : 'message' },
      head,
      make('p', { className: 'message-text', textContent: text }),
    );
    this.#list.append(item);
    if (this.#list.childElementCount > mostMessages) this.#list.firstElementChild?.remove();
    this.#list.scrollTop = this.#list.scrollHeight;
    if (!this.#panel.hidden || own) return item;
    this.#setUnread(this.#unread + 1);
    notify(`${name}: ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`).classList.add('of-chat');
    return item;
  }

  #setUnread(count: number): void {
    this.#unread = count;
    const badge = byId('chat-unread');
    badge.hidden = count === 0;
    badge.textContent = count > 9 ? '9+' : String(count);
    this.#toggle.setAttribute('aria-label', count === 0 ? 'Chat' : `Chat, ${count} unread`);
  }
}
