import type { Visitor } from './support.ts';

const open: LivePage[] = [];
/** For afterEach: a stream that stays open keeps its server from stopping. */
export async function closeLivePages(): Promise<void> {
  for (const page of open.splice(0)) await page.close();
}

/** The stream of a page, of which every update is taken. */
export class LivePage {
  text = '';
  updates = 0;
  ended = false;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  private constructor(
    readonly status: number,
    private readonly body: Response['body'],
  ) {
    this.#done = this.#read();
  }

  /** @param path of the panel under /live, with its query */
  static async open({ base, cookie }: Visitor, path: string): Promise<LivePage> {
    const response = await fetch(`${base}/live/${path}`, { headers: { cookie } });
    const page = new LivePage(response.status, response.body);
    open.push(page);
    return page;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #read(): Promise<void> {
    const reader = this.body?.pipeThrough(new TextDecoderStream()).getReader();
    this.#abort.signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}));
    for (;;) {
      const { value, done } = (await reader?.read().catch(() => undefined)) ?? { done: true };
      if (done) break;
      this.text += value ?? '';
      this.updates += 1;
    }
    this.ended = true;
  }
}
