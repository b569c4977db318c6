/** Has mediasoup load a message to its worker when it is first used; by itself it loads some two hundred at its import. */
import { relative } from 'node:path';
import type { BunPlugin } from 'bun';

const MESSAGES = /\/mediasoup\/node\/lib\/fbs\/.+\.js$/;
const REQUIRED = /^(?:const|var) (\w+) = require\("(\.[^"]+)"\);\n/gm;

/** For Bun.build: 4 MB less in every running server, and a shorter start. */
export const mediasoupMessages: BunPlugin = {
  name: 'mediasoup-messages',
  setup(build) {
    build.onLoad({ filter: MESSAGES }, async ({ path }) => {
      try {
        return { contents: requireWhenUsed(await Bun.file(path).text()), loader: 'js' };
      } catch (error) {
        throw new Error(`${relative(process.cwd(), path)}: ${(error as Error).message}`);
      }
    });
  },
};

/**
 * Writes a module of FlatBuffers' compiler so that it requires another one where it names it, not at its top.
 *
 * @throws Error when it names one otherwise than as the owner of what it takes from it
 */
export function requireWhenUsed(source: string): string {
  let text = source.replace(REQUIRED, '');

  for (const [, name, path] of source.matchAll(REQUIRED)) {
    // In brackets, for `new a.B()` would otherwise make an object of `require`.
    text = text.replaceAll(`${name}.`, `(require(${JSON.stringify(path)})).`);

    if (new RegExp(`\\b${name}\\b`).test(text)) {
      throw new Error(
        `${name} is used in a way that scripts/mediasoup-messages.ts does not know. Teach it that one.`,
      );
    }
  }

  return text;
}
