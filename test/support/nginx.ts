import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../setup/packages.ts';
import { makeCertificate } from './certificate.ts';
import { projectFolder } from './program.ts';

/** Debian's nginx with the file of deploy/nginx as it is, but for the port, the server and the certificate. */
export class Nginx implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly process: Bun.Subprocess,
  ) {}

  static async start(upstreamPort: number): Promise<Nginx> {
    await ensurePackages(['nginx-light'], 'for the tests behind a proxy');
    const folder = await mkdtemp(join(tmpdir(), 'tureen-nginx-'));
    const port = freePort();
    const { cert, key } = await makeCertificate(folder, 'proxy.test');
    const committed = await Bun.file(join(projectFolder, 'deploy', 'nginx', 'tureen.conf')).text();
    const site = replaceAll(committed, {
      'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
      'server 127.0.0.1:3000;': `server 127.0.0.1:${upstreamPort};`,
      '/etc/letsencrypt/live/tureen.example.com/fullchain.pem': cert,
      '/etc/letsencrypt/live/tureen.example.com/privkey.pem': key,
    });
    await Bun.write(join(folder, 'tureen.conf'), site);
    await Bun.write(join(folder, 'nginx.conf'), mainFile(folder));
    const command = ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
    const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
    const nginx = new Nginx(port, folder, child);
    while (!(await accepts(port))) {
      if (child.exitCode === null) await Bun.sleep(10);
      else throw new Error(`nginx ended: ${await new Response(child.stderr).text()}`);
    }
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGTERM');
    await this.process.exited;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What Debian's own nginx.conf has around a file of conf.d, with every path in the folder of the test. */
function mainFile(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${temporary.join(' ')} include ${folder}/tureen.conf; }
`;
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [find, replacement] of Object.entries(replacements)) {
    if (!result.includes(find)) throw new Error(`deploy/nginx/tureen.conf has no "${find}" any more`);
    result = result.replaceAll(find, replacement);
  }
  return result;
}

/** nginx cannot say which port it got, so one is chosen that is free at the moment. */
function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}
