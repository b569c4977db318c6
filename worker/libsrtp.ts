import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildLog } from './build-log.ts';

// It makes SRTP faster, but the build works without it.
const TIMEOUT_MS = 60_000;

const KEYRINGS: Record<string, string> = {
  Debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  Ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
};

/**
 * Downloads the source of the installed libsrtp, so that it can be built with OpenSSL: Debian's package uses NSS and
 * takes up to four times as long for a packet.
 *
 * apt checks the signatures. It uses package lists in our folder, so that those of the machine are not changed.
 *
 * @param folder an empty folder for it to work in.
 * @param target the folder to create.
 * @returns whether it succeeded.
 */
export async function fetchLibsrtp(folder: string, target: string, log: BuildLog): Promise<boolean> {
  const apt = await prepareApt(folder, log);
  const version = await log.run('libsrtp version', [
    'dpkg-query',
    '--show',
    '--showformat',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is dpkg-query's.
    '${source:Version}',
    'libsrtp2-dev',
  ]);
  const unpacked = join(folder, 'source');

  await mkdir(unpacked);

  for (const command of [['update'], ['source', `libsrtp2=${version.output.trim()}`]]) {
    const result = await log.run('libsrtp source', [...apt, ...command], {
      cwd: unpacked,
      timeoutMs: TIMEOUT_MS,
    });

    if (result.exitCode !== 0) {
      return false;
    }
  }

  const name = (await readdir(unpacked)).find((entry) => existsSync(join(unpacked, entry, 'meson.build')));

  if (name === undefined) {
    return false;
  }

  await rename(join(unpacked, name), target);

  return true;
}

/** The start of an apt-get command that knows the source packages of this machine's distribution. */
async function prepareApt(folder: string, log: BuildLog): Promise<string[]> {
  const sources = join(folder, 'sources.list');
  const targets = await log.run('package sources', [
    'apt-get',
    'indextargets',
    '--format',
    '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)',
    'Created-By: Packages',
  ]);

  await Bun.write(sources, sourceLines(targets.output, existsSync));
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });

  const options = [
    `Dir::State::Lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=10',
    // As root, apt would otherwise download as a user who may not enter our folder.
    'APT::Sandbox::User=root',
  ];

  return ['apt-get', '-q', ...options.flatMap((option) => ['-o', option])];
}

/** The deb-src lines for the machine's package sources, without third parties, which do not have libsrtp. */
export function sourceLines(indexTargets: string, hasFile: (path: string) => boolean): string {
  const lines = indexTargets.split('\n').flatMap((line) => {
    const [origin, uri, release, component] = line.trim().split(' ');
    const keyring = KEYRINGS[origin ?? ''];

    if (keyring === undefined || !uri || !release || !component) {
      return [];
    }

    return [`deb-src ${hasFile(keyring) ? `[signed-by=${keyring}] ` : ''}${uri} ${release} ${component}`];
  });

  return `${[...new Set(lines)].join('\n')}\n`;
}
