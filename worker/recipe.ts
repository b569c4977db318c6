import { dirname, join } from 'node:path';
import { Glob } from 'bun';

/** Our own build files for the worker. */
export const PATCH_FOLDER = join(import.meta.dir, 'patch');

/**
 * The Debian packages that a build needs. The static OpenSSL of Debian 13 wants zlib and zstd, and dpkg-dev unpacks
 * the source package of libsrtp.
 */
export const BUILD_PACKAGES = [
  'g++',
  'ninja-build',
  'meson',
  'pkg-config',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
  'libabsl-dev',
  'zlib1g-dev',
  'libzstd-dev',
  'dpkg-dev',
];

/** The options of `meson setup`. */
export const MESON_OPTIONS = [
  '--wrap-mode=nodownload',
  '--buildtype=release',
  '-Db_ndebug=true',
  // A worker in the cache must keep working when the packages that it was built with are removed or upgraded.
  '-Dprefer_static=true',
  '-Dcpp_link_args=-static-libstdc++ -static-libgcc',
];

/** A change in mediasoup's source. The text to find must occur exactly once. */
export interface SourceEdit {
  file: string;
  find: string;
  replace: string;
  why: string;
}

/** The changes in mediasoup's source. They are part of the recipe's hash: any edit here rebuilds every worker. */
export const SOURCE_EDITS: SourceEdit[] = [
  {
    file: 'meson.build',
    find: "meson_version: '>= 1.1.0'",
    replace: "meson_version: '>= 1.0.0'",
    why: 'Debian 12 has Meson 1.0.1, and nothing of 1.1 is used.',
  },
  {
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN)',
    replace: '(operationType & BIO_CB_RETURN)',
    why:
      "OpenSSL sets BIO_CB_RETURN together with the operation. Answering 1 to everything else tells Debian's OpenSSL, " +
      'which is built with kernel TLS, that the kernel encrypts, and the worker dies in the first DTLS handshake.',
  },
];

/** The libraries that the worker takes from the system: names of Meson wraps, and of folders in worker/patch. */
export const WRAPS = ['abseil-cpp', 'flatbuffers', 'libsrtp3', 'libuv', 'openssl', 'unordered-dense'];

/** The mediasoup package that is installed. */
export interface MediasoupPackage {
  folder: string;
  version: string;
}

/** Finds the mediasoup package that the server will use. */
export async function findMediasoup(): Promise<MediasoupPackage> {
  const folder = dirname(dirname(dirname(Bun.resolveSync('mediasoup', import.meta.dir))));
  const manifest: { version: string } = await Bun.file(join(folder, 'package.json')).json();

  return { folder, version: manifest.version };
}

/**
 * The hash of everything that a build depends on. Mediasoup's version stands for its source, so that this takes a
 * millisecond at each start instead of reading a thousand files.
 */
export async function hashRecipe(mediasoupVersion: string, patchFolder = PATCH_FOLDER): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256');
  const platform = [process.platform, process.arch];

  hasher.update(JSON.stringify([mediasoupVersion, platform, MESON_OPTIONS, SOURCE_EDITS, WRAPS]));

  for (const name of [...new Glob('**/*').scanSync(patchFolder)].sort()) {
    hasher.update(JSON.stringify([name, await Bun.file(join(patchFolder, name)).text()]));
  }

  return hasher.digest('hex').slice(0, 16);
}

/** The marker in a worker that Tureen built, followed by its version; checkMarker in verify.ts reads it. */
export const MARKER_PREFIX = 'tureen-worker-of-mediasoup:';
