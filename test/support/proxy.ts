import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import { makeCertificate } from './certificate.ts';
import { freePort } from './port.ts';
import { projectFolder } from './program.ts';
import { until } from './until.ts';

/** What differs between proxies. */
interface Kind {
  /** Debian's package. */
  readonly package: string;
  /** The file of deploy/ that is put to the test. */
  readonly file: string;
  /** What the test changes in that file: where it listens, where the server is, and the certificate. */
  readonly changes: (places: Places) => Promise<Readonly<Record<string, string>>>;
  /** The file that takes the changed one in, as on a host that the proxy is installed on. */
  readonly mainFile: (folder: string) => string;
  readonly command: (folder: string) => string[];
}

interface Places {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
}

const nginx: Kind = {
  package: 'nginx-light',
  file: 'nginx/tureen.conf',
  changes: async ({ folder, port, upstreamPort }) => {
    const { cert, key } = await makeCertificate(folder, 'proxy.test');
    return {
      'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
      'server 127.0.0.1:3000;': `server 127.0.0.1:${upstreamPort};`,
      '/etc/letsencrypt/live/tureen.example.com/fullchain.pem': cert,
      '/etc/letsencrypt/live/tureen.example.com/privkey.pem': key,
    };
  },
  // What Debian's own nginx.conf has around a file of conf.d, with every path in the folder of the test.
  mainFile: (folder) => {
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = kinds.map((name) => `${name}_temp_path ${folder}/${name};`);
    return `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${temporary.join(' ')} include ${folder}/site; }
`;
  },
  command: (folder) => ['nginx', '-p', folder, '-c', join(folder, 'main')],
};

const caddy: Kind = {
  package: 'caddy',
  file: 'caddy/Caddyfile',
  // For an address Caddy makes a certificate of its own authority, as it does for names that are not public.
  changes: async ({ port, upstreamPort }) => ({
    'tureen.example.com {': `https://127.0.0.1:${port} {`,
    'reverse_proxy 127.0.0.1:3000': `reverse_proxy 127.0.0.1:${upstreamPort}`,
  }),
  mainFile: (folder) => `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	grace_period 1s
	storage file_system ${folder}
}
import ${folder}/site
`,
  command: (folder) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'main')],
};

const kinds = { nginx, caddy };

/** Names of the proxies that deploy/ has a file for. */
export const proxyNames = ['nginx', 'caddy'] as const;

/** Debian's nginx or Caddy with the file of deploy/ as it is, but for the port, the server and the certificate. */
export class FrontProxy implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly process: Bun.Subprocess,
  ) {}

  static async start(name: (typeof proxyNames)[number], upstreamPort: number): Promise<FrontProxy> {
    const kind = kinds[name];
    await ensurePackages([kind.package], 'for the tests behind a proxy');
    const folder = await mkdtemp(join(tmpdir(), `tureen-${name}-`));
    const port = freePort();
    const committed = await Bun.file(join(projectFolder, 'deploy', kind.file)).text();
    const changes = await kind.changes({ folder, port, upstreamPort });
    await Bun.write(join(folder, 'site'), replaceAll(committed, changes));
    await Bun.write(join(folder, 'main'), kind.mainFile(folder));
    const log = Bun.file(join(folder, 'log'));
    // Caddy wants a home, which is not to be this user's.
    const env = { ...process.env, HOME: folder };
    const child = Bun.spawn(kind.command(folder), { stdin: 'ignore', stdout: 'ignore', stderr: log, env });
    const proxy = new FrontProxy(port, folder, child);
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${await log.text()}`);
      return await answers(port);
    }, `an answer of ${name}`);
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Open streams do not keep either from ending.
    this.process.kill('SIGTERM');
    await this.process.exited;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [find, replacement] of Object.entries(replacements)) {
    if (!result.includes(find)) throw new Error(`the file of the proxy has no "${find}" any more`);
    result = result.replaceAll(find, replacement);
  }
  return result;
}

/** Caddy listens a moment before it has made its certificate. */
async function answers(port: number): Promise<boolean> {
  const request = fetch(`https://127.0.0.1:${port}/`, { tls: { rejectUnauthorized: false } });
  return await request.then(
    () => true,
    () => false,
  );
}
