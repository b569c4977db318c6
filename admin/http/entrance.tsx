import { SfuError } from '../../src/core/errors.ts';
import { equalSecrets, newSecret } from '../../src/store/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';
import { maxPasswordLength, minPasswordLength, readName, readPassword } from '../panel/credentials.ts';
import type { Form } from '../panel/form.ts';
import { plainBody } from '../panel/layout.tsx';
import { Backoff } from './backoff.ts';
import { type Incoming, openSession, type Visitor } from './people.ts';

/** One password check takes 64 MiB for a tenth of a second: without a limit, logins could exhaust the host. */
const maxConcurrentChecks = 4;

/** Login, and set-up of the first admin. */
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

  /** The secret of the one-time link that creates the first admin; undefined once there is a user. */
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
    if (this.#checks >= maxConcurrentChecks)
      throw new SfuError('flood', 'too many are logging in; try again in a moment');
    this.#checks += 1;
    const user = await this.store.users
      .check(name, form.raw('password').slice(0, maxPasswordLength))
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

  /** @throws SfuError unauthorized when the link is not the one that was printed, or has been used */
  requireSetup(given: string): void {
    const wanted = this.setupSecret;
    if (wanted === undefined || !equalSecrets(given, wanted)) {
      throw new SfuError(
        'unauthorized',
        'this link is no longer valid: it works once, and only until the server restarts',
      );
    }
  }

  /** Creates the first admin. @throws SfuError unauthorized, invalid_params */
  async setUp(form: Form, from: Incoming): Promise<Visitor> {
    this.requireSetup(form.raw('token'));
    const name = readName(form);
    const passwordHash = await hashPassword(readPassword(form));
    // Somebody else may have used the link while the password was hashed.
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
    title: 'Create the first admin',
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
            minlength={minPasswordLength}
            required
          />
        </label>
        <button type="submit" class="button primary">
          Create the account
        </button>
      </form>
    ),
  });
}
