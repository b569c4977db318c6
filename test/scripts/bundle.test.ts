import { expect, test } from 'bun:test';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildPage } from '../../client/build.ts';
import { bundleServer } from '../../scripts/bundle.ts';
import { Program, projectFolder } from '../support/program.ts';
import { withFolder } from '../worker/fixtures.ts';

const get = async (program: Program, path: string) =>
  await (await fetch(`http://127.0.0.1:${program.port}${path}`)).text();

test('the bundle takes the place of an older one, and is not made twice of the same sources', () =>
  withFolder(async (folder) => {
    await Bun.write(join(folder, '0123456789abcdef.js'), 'an older one');
    await Bun.write(join(folder, '0123456789abcdef.js.jsc'), 'its bytecode');
    const bundle = await bundleServer(folder);
    const { mtimeMs } = await stat(bundle);
    expect(await bundleServer(folder)).toBe(bundle);
    expect((await stat(bundle)).mtimeMs).toBe(mtimeMs);
    expect((await readdir(folder)).sort()).toEqual([basename(bundle), `${basename(bundle)}.jsc`]);
  }));

test('the bundle is the whole server: page, dashboard and media workers', () =>
  withFolder(async (folder) => {
    await buildPage();
    const command = [process.execPath, await bundleServer()];
    await using program = await Program.start({ command, environment: { TUREEN_DATA_DIR: folder } });
    expect(JSON.parse(await get(program, '/readyz'))).toMatchObject({ status: 'ready' });
    expect(await get(program, '/')).toContain('page.js');
    expect(await get(program, '/admin/')).toContain('/admin/assets/');
  }));

test('panels of the operator find the modules of the server that shows them', () =>
  withFolder(async (folder) => {
    const panel = join(folder, 'panel.tsx');
    await Bun.write(
      panel,
      `import { definePanel } from ${JSON.stringify(join(projectFolder, 'admin', 'index.ts'))};
      const servers = Object.keys(require.cache).filter((path) => path.endsWith('/src/app/server.ts'));
      console.log('servers beside this panel:', servers.length);
      export default definePanel({ id: 'it', title: 'It', path: '/it', role: 'viewer', view: () => 'it' });`,
    );
    const environment = { TUREEN_DATA_DIR: folder, TUREEN_ADMIN_PANELS: panel };
    const command = [process.execPath, 'scripts/start.ts'];
    await using program = await Program.start({ command, environment });
    expect(program.output).toContain('servers beside this panel: 1');
  }));
