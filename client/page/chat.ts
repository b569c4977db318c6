import { messageOf } from '../errors.ts';
import type { TureenClient } from '../index.ts';
import { byId, make } from './dom.ts';
import { withLinks } from './links.ts';
import { dropNotices, notify } from './notices.ts';
import { mayPublish } from './own-devices.ts';
import { SidePanel } from './side-panel.ts';
import { nameOf, sentence } from './texts.ts';

const mostMessages = 500;

/** The chat beside the call. */
export class Chat {
  readonly panel: SidePanel;
  readonly #list = byId('messages');
  readonly #input = byId('chat-text', HTMLInputElement);
  #unread = 0;

  constructor(
    private readonly client: TureenClient,
    signal: AbortSignal,
  ) {
    this.#list.replaceChildren(make('p', { className: 'empty', textContent: 'Nobody has written yet.' }));
    this.panel = new SidePanel('chat', {
      signal,
      onChange: (open) => this.#opened(open),
      focus: () => (byId('chat-form').hidden ? undefined : this.#input),
    });
    client.on('state', () => this.#showForm());
    client.on('permissions', () => this.#showForm());
    this.#showForm();
    client.on('chat', ({ peer, text }) => this.#write(nameOf(peer), text, false));
    byId('chat-form').addEventListener('submit', (event) => this.#submit(event), { signal });
    this.#list.tabIndex = 0;
  }

  #opened(open: boolean): void {
    this.#setUnread(0);
    if (open) {
      // The chat shows these messages from now on.
      dropNotices('chat');
      const mark = this.#list.querySelector('.unread-mark');
      if (mark) mark.scrollIntoView({ block: 'start' });
      else this.#list.scrollTop = this.#list.scrollHeight;
    } else this.#list.querySelector('.unread-mark')?.remove();
  }

  /** Who may not write can still read. */
  #showForm(): void {
    const writes = mayPublish(this.client.permissions, 'data');
    byId('chat-form').hidden = !writes;
    byId('chat-reads').hidden = writes;
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
    const reason = messageOf(error);
    const again = make('button', { type: 'button', className: 'text-button', textContent: 'Send again' });
    again.addEventListener('click', () => this.#send(item, text));
    const what = make('span', { textContent: 'Not sent. ', title: sentence(reason) });
    item.append(make('p', { className: 'message-failed' }, what, again));
    this.#list.scrollTop = this.#list.scrollHeight;
    if (!this.panel.open) notify(`Your message was not sent: ${reason}`);
  }

  #write(name: string, text: string, own: boolean): HTMLElement {
    this.#list.querySelector('.empty')?.remove();
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const head = make('p', { className: 'message-head' }, make('strong', { textContent: name }), ` ${time}`);
    const item = make(
      'div',
      { className: own ? 'message own' : 'message' },
      head,
      make('p', { className: 'message-text' }, ...withLinks(text)),
    );
    if (!this.panel.open && !own && this.#unread === 0) this.#mark();
    this.#list.append(item);
    if (this.#list.childElementCount > mostMessages) this.#list.firstElementChild?.remove();
    this.#list.scrollTop = this.#list.scrollHeight;
    if (this.panel.open || own) return item;
    this.#setUnread(this.#unread + 1);
    notify(`${name}: ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`, undefined, 'chat');
    return item;
  }

  /** What comes after it has not been read. */
  #mark(): void {
    this.#list.querySelector('.unread-mark')?.remove();
    this.#list.append(make('p', { className: 'unread-mark', textContent: 'New' }));
  }

  #setUnread(count: number): void {
    this.#unread = count;
    const badge = byId('chat-unread');
    badge.hidden = count === 0;
    badge.textContent = count > 9 ? '9+' : String(count);
    byId('chat-toggle').setAttribute('aria-label', count === 0 ? 'Chat' : `Chat, ${count} unread`);
  }
}
