import { byId } from './dom.ts';

/** A panel beside the call, one of which is open at a time, with the button that opens it. */
export class SidePanel {
  readonly element: HTMLElement;
  readonly #toggle: HTMLElement;

  constructor(
    private readonly id: 'chat' | 'people',
    private readonly options: {
      readonly signal: AbortSignal;
      /** It was opened or closed. */
      readonly onChange: (open: boolean) => void;
      /** What to focus in it; undefined: its button to close. */
      readonly focus?: () => HTMLElement | undefined;
    },
  ) {
    const { signal } = options;
    this.element = byId(id);
    this.#toggle = byId(`${id}-toggle`);
    this.#toggle.addEventListener('click', () => this.toggle(), { signal });
    byId(`${id}-close`).addEventListener('click', () => this.toggle(), { signal });
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') this.toggle();
    };
    this.element.addEventListener('keydown', closeOnEscape, { signal });
    document.addEventListener('sidepanel', (event) => this.#otherOpened(event), { signal });
    this.#show(false);
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    const open = !this.open;
    this.#show(open);
    if (open) (this.options.focus?.() ?? byId(`${this.id}-close`)).focus();
    else this.#toggle.focus();
  }

  #show(open: boolean): void {
    this.element.hidden = !open;
    this.#toggle.setAttribute('aria-expanded', String(open));
    this.options.onChange(open);
    if (open) document.dispatchEvent(new CustomEvent('sidepanel', { detail: this.id }));
  }

  #otherOpened(event: Event): void {
    if (this.open && (event as CustomEvent<string>).detail !== this.id) this.#show(false);
  }
}
