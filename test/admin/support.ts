import type { Server } from '../../src/app/server.ts';
import type { Environment } from '../../src/config/config.ts';
import type { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';
import { startServer, withKeys } from '../support/server.ts';

export const password = 'a password of tests';
let hashed: Promise<string> | undefined;

/** A server with one user of each role, named after it. Tokens are needed unless the environment says otherwise. */
export async function startWithUsers(
  environment: Environment = withKeys,
  options: Parameters<typeof startServer>[1] = {},
): Promise<Server & AsyncDisposable> {
  const server = await startServer(environment, options);
  await addUsers(server.store);
  return server;
}

/** One user of each role, named after it. */
export async function addUsers({ users }: Store): Promise<void> {
  hashed ??= hashPassword(password);
  const passwordHash = await hashed;
  for (const role of ['viewer', 'moderator', 'admin'] as const)
    users.put({ name: role, passwordHash, role, origin: 'page' });
}

/** One who is logged in, and speaks plain HTTP. */
export class Visitor {
  private constructor(
    readonly base: string,
    readonly cookie: string,
    readonly csrf: string,
  ) {}

  /** Opens a session of a user without the login, which takes a while on purpose. Users of tests are named after their role. */
  static as(server: { store: Store; port: number }, name: string, port = server.port): Visitor {
    const user = server.store.users.byName(name);
    if (!user) throw new Error(`there is no user "${name}"`);
    const secret = server.store.sessions.open({ userId: user.id, address: '127.0.0.1', agent: 'test' });
    const csrf = server.store.sessions.find(secret)?.csrf ?? '';
    return new Visitor(`http://127.0.0.1:${port}/admin`, `__Host-tureen-admin=${secret}`, csrf);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(`${this.base}${path}`, {
      headers: { cookie: this.cookie, ...headers },
      redirect: 'manual',
    });
  }

  async text(path: string): Promise<string> {
    return await (await this.get(path)).text();
  }

  /** Posts a form as a browser does without scripts. */
  async post(
    path: string,
    fields: Record<string, string> | [string, string][],
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const body = new URLSearchParams(fields);
    if (!body.has('csrf')) body.set('csrf', this.csrf);
    return await fetch(`${this.base}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie: this.cookie,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body,
    });
  }
}

/** The texts of the elements that a selector finds, as a browser would read them off the HTML. */
export async function select(html: string, selector: string): Promise<string[]> {
  const texts: string[] = [];
  const rewriter = new HTMLRewriter().on(selector, {
    element: () => void texts.push(''),
    text: ({ text }) => {
      texts[texts.length - 1] += text;
    },
  });
  await rewriter.transform(new Response(html)).text();
  return texts.map((text) => text.replaceAll('&quot;', '"').replaceAll(/\s+/g, ' ').trim());
}
