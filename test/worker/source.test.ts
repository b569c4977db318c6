import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { findMediasoup, SOURCE_EDITS, WRAPS } from '../../worker/recipe.ts';
import { applyEdit, prepareSource } from '../../worker/source.ts';
import { withFolder } from './fixtures.ts';

const EDIT = { file: 'a.cpp', find: 'x == y', replace: 'x & y', why: 'it crashes.' };

test('the source of the installed mediasoup takes every patch', async () => {
  await withFolder(async (folder) => {
    const mediasoup = await findMediasoup();
    const source = join(folder, 'worker');

    await prepareSource(mediasoup, source);

    for (const { file, find, replace } of SOURCE_EDITS) {
      const text = await Bun.file(join(source, file)).text();

      expect(text).toContain(replace);
      expect(text).not.toContain(find);
    }

    for (const wrap of WRAPS) {
      const text = await Bun.file(join(source, `subprojects/${wrap}.wrap`)).text();
      const directory = /^directory = (.*)$/m.exec(text)?.[1];

      expect(await Bun.file(join(source, `subprojects/${directory}/meson.build`)).exists()).toBe(true);
    }

    expect(await Bun.file(join(source, 'src/main.cpp')).text()).toContain(
      `tureen-worker-of-mediasoup:${mediasoup.version}`,
    );
  });
});

test('the DTLS patch is among the patches', () => {
  expect(SOURCE_EDITS.map(({ file, replace }) => `${file}: ${replace}`)).toContain(
    'src/RTC/DtlsTransport.cpp: (operationType & BIO_CB_RETURN)',
  );
});

test('a patch whose place is not there stops the build and says which', async () => {
  await withFolder(async (folder) => {
    await Bun.write(join(folder, 'a.cpp'), 'x != y');

    await expect(applyEdit(folder, EDIT)).rejects.toThrow(
      'the source of this mediasoup cannot be patched: "x == y" was expected once in worker/a.cpp and is there 0 times. ' +
        'The patch is needed because: it crashes. Adapt SOURCE_EDITS in worker/recipe.ts.',
    );
  });
});

test('a patch whose place is there twice stops the build and changes nothing', async () => {
  await withFolder(async (folder) => {
    await Bun.write(join(folder, 'a.cpp'), 'x == y; x == y');

    await expect(applyEdit(folder, EDIT)).rejects.toThrow('is there 2 times');
    expect(await Bun.file(join(folder, 'a.cpp')).text()).toBe('x == y; x == y');
  });
});
