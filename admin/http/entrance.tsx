import { SfuError } from '../../src/core/errors.ts';
import { equalSecrets, newSecret } from '../../src/store/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';
import { longestPassword, readName, readPassword, shortestPassword } from '../panel/credentials.ts';
import type { Form } from '../panel/form.ts';
import { plainBody } from '../panel/layout.tsx';
import { Backoff } from './backoff.ts';
import { type Incoming, openSession, type Visitor } from './people.ts';

/** One password check holds 64 MiB for a tenth of a second: more at once would be a way to exhaust the host. */
const mostChecks = 4;

/** Login, and the making of the first admin. */
export class Entrance {
  readonly #backoff: Backoff;
  #setupSecret: string | undefined;
  #checks = 0;

  constructor(
    private readonly store: Store,
    now: () => number,
  ) {
    this.#backoff = new Backoff(now);
    if (store.users.count === 0) this.#setupSecret = newSecret();
  }

  /** The secret of the one-time link that makes the first admin; undefined when there is somebody already. */
  get setupSecret(): string | undefined {
    return this.store.users.count === 0 ? this.#setupSecret : undefined;
  }

  /** @throws SfuError unauthorized for a wrong name or password, flood for too many tries */
  async logIn(form: Form, from: Incoming): Promise<Visitor> {
    const name = form.raw('name').trim().slice(0, 128);
    const keys = [`name ${name.toLowerCase()}`, `address ${from.address}`];
    const wait = this.#backoff.wait(keys);
    if (wait > 0)
      throw new SfuError('flood', `too many wrong passwords; try again in ${Math.ceil(wait / 1000)} seconds`);
    if (this.#checks >= mostChecks)
      throw new SfuError('flood', 'too many are logging in; try again in a moment');
    this.#checks += 1;
    const user = await this.store.users
      .check(name, form.raw('password').slice(0, longestPassword))
      .finally(() => (this.#checks -= 1));
    const by = { kind: 'admin', id: name.slice(0, 64) };
    if (!user) {
      this.#backoff.failed(keys);
      this.store.audit.record(
        { by, address: from.address, action: 'login' },
        'failed: wrong name or password',
      );
      throw new SfuError('unauthorized', 'the name or the password is wrong');
    }
    this.#backoff.succeeded(keys);
    this.store.audit.record({ by, address: from.address, action: 'login' });
    return openSession(this.store, user, from);
  }

  /** @throws SfuError unauthorized when the link is not the one that was printed, or was used */
  requireSetup(given: string): void {
    const wanted = this.setupSecret;
    if (wanted === undefined || !equalSecrets(given, wanted)) {
      throw new SfuError(
        'unauthorized',
        'this link is not good any more: it works once, and until the server is started again',
      );
    }
  }

  /** Makes the first admin. @throws SfuError unauthorized, invalid_params */
  async setUp(form: Form, from: Incoming): Promise<Visitor> {
    this.requireSetup(form.raw('token'));
    const name = readName(form);
    const passwordHash = await hashPassword(readPassword(form));
    // Somebody else may have been faster while the password was hashed.
    this.requireSetup(form.raw('token'));
    const user = this.store.users.put({ name, passwordHash, role: 'admin', origin: 'page' });
    this.#setupSecret = undefined;
    const by = { kind: 'admin', id: name };
    this.store.audit.record({ by, address: from.address, action: 'setup' });
    return openSession(this.store, user, from);
  }
}

export function loginBody(options: { action: string; error?: string; name?: string }): JSX.Element {
  const { action, error, name = '' } = options;
  return plainBody({
    title: 'Log in',
    children: (
      <form method="post" action={action} class="stack">
        {error ? (
          <p class="toast bad" role="alert" safe>
            {error}
          </p>
        ) : (
          ''
        )}
        <label class="field">
          <span>Name</span>
          <input name="name" value={name} autocomplete="username" required autofocus />
        </label>
        <label class="field">
          <span>Password</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit" class="button primary">
          Log in
        </button>
      </form>
    ),
  });
}

export function setupBody(options: { action: string; token: string; error?: string }): JSX.Element {
  const { action, token, error } = options;
  return plainBody({
    title: 'Make the first admin',
    children: (
      <form method="post" action={action} class="stack">
        {error ? (
          <p class="toast bad" role="alert" safe>
            {error}
          </p>
        ) : (
          <p>This link works once. Choose a name and a password of at least 12 characters.</p>
        )}
        <input type="hidden" name="token" value={token} />
        <label class="field">
          <span>Name</span>
          <input name="name" autocomplete="username" maxlength="64" required autofocus />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            minlength={shortestPassword}
            required
          />
        </label>
        <button type="submit" class="button primary">
          Make the account
        </button>
      </form>
    ),
  });
}
