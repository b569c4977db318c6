import type { Logger } from '../core/log.ts';
import { cleanText } from '../core/text.ts';

/** How many origins are remembered and logged; strangers can make up as many as they like. */
const maxOrigins = 100;

/** Logs each origin whose pages were refused, once: most often an application that its operator has not named yet. */
export class RefusedOrigins {
  readonly #logged = new Set<string>();

  constructor(private readonly log: Logger) {}

  /** @param todo what would let it in */
  note(request: Request, todo: string): void {
    const origin = cleanText(request.headers.get('origin') ?? '', 200);
    if (origin === '' || this.#logged.has(origin) || this.#logged.size >= maxOrigins) return;
    this.#logged.add(origin);
    this.log.warn('pages of this origin are refused', { origin, todo });
  }
}
