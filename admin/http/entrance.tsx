import { clientOf } from '../../src/access/pace.ts';
import { SfuError } from '../../src/core/errors.ts';
import { equalSecrets, newSecret } from '../../src/store/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';
import { maxPasswordLength, minPasswordLength, readName, readPassword } from '../panel/credentials.ts';
import type { Form } from '../panel/form.ts';
import { plainBody } from '../panel/layout.tsx';
import { Backoff } from './backoff.ts';
import { PasswordQueue } from './password-queue.ts';
import { type Incoming, openSession, type Visitor } from './people.ts';

/** Wrong passwords for one name from one client before there is a wait. */
const attemptsForName = 5;
/** The same for all names: several people may share an address. */
const attemptsForClient = 20;

/** Login, and set-up of the first admin. */
export class Entrance {
  /** By client and name together, so that a stranger does not lock somebody else's name. */
  readonly #byName: Backoff;
  readonly #byClient: Backoff;
  readonly #queue = new PasswordQueue();
  #setupSecret: string | undefined;

  constructor(
    private readonly store: Store,
    now: () => number,
  ) {
    this.#byName = new Backoff(now, attemptsForName);
    this.#byClient = new Backoff(now, attemptsForClient);
    if (store.users.count === 0) this.#setupSecret = newSecret();
  }

  /** The secret of the one-time link that creates the first admin; undefined once there is a user. */
  get setupSecret(): string | undefined {
    return this.store.users.count === 0 ? this.#setupSecret : undefined;
  }

  /** @throws SfuError unauthorized for a wrong name or password, flood for too many tries */
  async logIn(form: Form, from: Incoming): Promise<Visitor> {
    const name = form.raw('name').trim().slice(0, 128);
    const client = clientOf(from.address);
    const { key, nameKey } = this.#begin(client ?? 'this machine', name);
    const password = form.raw('password').slice(0, maxPasswordLength);
    const { signal } = from.request;
    const user = await this.#queue
      .run({ client, signal }, () => this.store.users.check(name, password))
      .catch((error: unknown) => {
        // Nothing was tried.
        this.#byName.undo(nameKey);
        this.#byClient.undo(key);
        throw error;
      });
    const by = { kind: 'admin', id: name.slice(0, 64) };
    if (!user) {
      this.#byName.failed(nameKey);
      this.#byClient.failed(key);
      this.store.audit.note(
        { by, address: from.address, action: 'login' },
        { result: 'failed: wrong name or password' },
      );
      throw new SfuError('unauthorized', 'the name or the password is wrong');
    }
    this.#byName.forget(nameKey);
    this.#byClient.undo(key);
    // Moderators must come in also while the disk is full.
    this.store.audit.note({ by, address: from.address, action: 'login' }, { result: 'done' });
    return openSession(this.store, user, from);
  }

  /** Counts an attempt. @throws SfuError flood while the client, or the client with this name, has to wait */
  #begin(key: string, name: string): { key: string; nameKey: string } {
    const nameKey = JSON.stringify([key, name.toLowerCase()]);
    const waitSeconds = Math.ceil(Math.max(this.#byName.wait(nameKey), this.#byClient.wait(key)) / 1000);
    if (waitSeconds > 0)
      throw new SfuError('flood', `too many wrong passwords; try again in ${waitSeconds} seconds`, {
        retryAfterSeconds: waitSeconds,
      });
    this.#byName.begin(nameKey);
    this.#byClient.begin(key);
    return { key, nameKey };
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
    const password = readPassword(form);
    const { signal } = from.request;
    const passwordHash = await this.#queue.run({ signal }, () => hashPassword(password));
    // Somebody else may have used the link while the password was hashed.
    this.requireSetup(form.raw('token'));
    const user = this.store.users.put({ name, passwordHash, role: 'admin', origin: 'page' });
    this.#setupSecret = undefined;
    const by = { kind: 'admin', id: name };
    this.store.audit.note({ by, address: from.address, action: 'setup' }, { result: 'done' });
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
