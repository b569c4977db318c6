import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as jsxDevelopment from '@kitajs/html/jsx-dev-runtime';
import * as jsx from '@kitajs/html/jsx-runtime';
import * as admin from '../../admin/index.ts';

/**
 * What a panel's file may import by these names, wherever it lies and however the server was made: from its source, as
 * one bundle, or as an executable that has no packages beside it. They are the server's own modules, not second copies.
 */
const offered: Readonly<Record<string, Record<string, unknown>>> = {
  'tureen/admin': admin,
  '@kitajs/html/jsx-runtime': { ...jsx, ...jsxDevelopment },
  '@kitajs/html/jsx-dev-runtime': { ...jsx, ...jsxDevelopment },
};

let isOffered = false;

function offer(): void {
  if (isOffered) return;
  isOffered = true;
  Bun.plugin({
    name: 'what panels import',
    setup(build) {
      for (const [name, exports] of Object.entries(offered))
        build.module(name, () => ({ exports, loader: 'object' }));
    },
  });
}

/**
 * Loads the operator's own panels. Modules export them as the default, one or several.
 * @throws Error naming the file that cannot be loaded, or that exports no panel
 */
export async function loadPanels(paths: readonly string[]): Promise<admin.Panel[]> {
  if (paths.length > 0) offer();
  return (await Promise.all(paths.map(loadPanel))).flat();
}

async function loadPanel(path: string): Promise<admin.Panel[]> {
  const module = (await import(pathToFileURL(resolve(path)).href).catch((error: Error) => {
    throw new Error(
      `TUREEN_ADMIN_PANELS: cannot load "${path}": ${error.message}. It may import "tureen/admin", files beside it and packages in a node_modules folder above it`,
      { cause: error },
    );
  })) as { default?: admin.Panel | readonly admin.Panel[] };
  if (!module.default) throw new Error(`TUREEN_ADMIN_PANELS: "${path}" has no default export with a panel`);
  return [module.default].flat();
}
