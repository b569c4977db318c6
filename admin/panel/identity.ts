import type { PanelContext } from './panel.ts';

/** A context that notices when a view reads who the user is. */
export interface WatchedContext {
  readonly context: PanelContext;
  /** Whether anything but the role was read so far. */
  readonly identityRead: () => boolean;
}

/**
 * Watches what a view reads of its user. What it renders without looking at the name, the id or the session is the same
 * for everybody with that role, so it can be shared. Nobody has to declare this, and nobody can forget to.
 */
export function watchIdentity(context: PanelContext): WatchedContext {
  let read = false;
  const user = new Proxy(context.user, {
    get(target, key, receiver) {
      if (key !== 'role') read = true;
      return Reflect.get(target, key, receiver);
    },
  });
  const watched = new Proxy(context, {
    get(target, key, receiver) {
      if (key === 'user') return user;
      if (key === 'sessionId' || key === 'asker') read = true;
      return Reflect.get(target, key, receiver);
    },
  });
  return { context: watched, identityRead: () => read };
}
