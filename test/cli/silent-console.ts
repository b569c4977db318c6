import { beforeEach, spyOn } from 'bun:test';

/** Keeps what a command prints from the console. `said` is what was printed since the test began. */
export function silentConsole() {
  const [print, fail] = [spyOn(console, 'log'), spyOn(console, 'error')];
  for (const spy of [print, fail]) spy.mockImplementation(() => {});
  beforeEach(() => {
    for (const spy of [print, fail]) spy.mockClear();
  });
  return {
    print,
    fail,
    said: ({ mock }: typeof print) => mock.calls.flat().join('\n'),
    restore: () => {
      for (const spy of [print, fail]) spy.mockRestore();
    },
  };
}
