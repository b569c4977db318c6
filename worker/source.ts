import { appendFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../scripts/machine/console.ts';
import {
  MARKER_PREFIX,
  type MediasoupPackage,
  PATCH_FOLDER,
  SOURCE_EDITS,
  type SourceEdit,
  WRAPS,
} from './recipe.ts';

/**
 * Copies the worker's source out of the mediasoup package and patches it to build with the system's libraries.
 *
 * @param target the folder to create.
 */
export async function prepareSource(mediasoup: MediasoupPackage, target: string): Promise<void> {
  await cp(join(mediasoup.folder, 'worker'), target, { recursive: true });

  for (const edit of SOURCE_EDITS) {
    await applyEdit(target, edit);
  }

  for (const wrap of WRAPS) {
    await provideLibrary(target, wrap);
  }

  await addMarker(target, mediasoup.version);
}

/**
 * Changes one place of the source. Text that does not occur exactly once means that mediasoup has changed there: better
 * no worker than one that dies in its first call.
 */
export async function applyEdit(source: string, { file, find, replace, why }: SourceEdit): Promise<void> {
  const path = join(source, file);
  const parts = (await Bun.file(path).text()).split(find);

  if (parts.length !== 2) {
    throw new SetupError(
      `the source of this mediasoup cannot be patched: "${find}" was expected once in worker/${file} and is there ` +
        `${parts.length - 1} times. The patch is needed because: ${why} Adapt SOURCE_EDITS in worker/recipe.ts.`,
    );
  }

  await Bun.write(path, parts.join(replace));
}

/** Puts our build files where Meson looks for the unpacked source of a library. */
async function provideLibrary(source: string, wrap: string): Promise<void> {
  const file = `subprojects/${wrap}.wrap`;
  const folder = /^directory\s*=\s*(\S+)$/m.exec(await Bun.file(join(source, file)).text())?.[1];

  if (folder === undefined) {
    throw new SetupError(
      `the source of this mediasoup cannot be patched: worker/${file} names no directory. Adapt worker/source.ts.`,
    );
  }

  await cp(join(PATCH_FOLDER, wrap), join(source, 'subprojects', folder), { recursive: true });
}

/** Puts the version into the binary, which mediasoup's own source does not. */
async function addMarker(source: string, version: string): Promise<void> {
  await appendFile(
    join(source, 'src/main.cpp'),
    `\n// Read by the set-up of Tureen.\nextern "C" __attribute__((used)) const char tureenWorkerMarker[] = ` +
      `"${MARKER_PREFIX}${version}";\n`,
  );
}
