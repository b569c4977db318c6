import type { PanelContext } from './panel.ts';

/** A context that notices when a view reads who the user is. */
export interface WatchedContext {
  readonly context: PanelContext;
  /** Whether anything was read so far that is not the same for everybody with that role. */
  readonly identityRead: () => boolean;
}

/**
 * What of a context is the same for all users of a role who have the same address open. Whatever is not listed is taken
 * for the user's own, so that a field nobody thought of is never shown to others.
 */
const shared: ReadonlySet<unknown> = new Set([
  'monitor',
  'commands',
  'moderation',
  'store',
  'captures',
  'config',
  'user',
  'watching',
  'query',
  'now',
  'link',
  'actionLink',
] satisfies (keyof PanelContext)[]);

const sharedOfUser: ReadonlySet<unknown> = new Set(['role'] satisfies (keyof PanelContext['user'])[]);

/**
 * Watches what a view reads of its user. What it renders without looking at the name, the id or the session is the same
 * for everybody with that role, so it can be shared. Nobody has to declare this, and nobody can forget to.
 */
export function watchIdentity(context: PanelContext): WatchedContext {
  let read = false;
  const watch = <T extends object>(target: T, free: ReadonlySet<unknown>): T => {
    const look = (key: PropertyKey) => {
      if (!free.has(key)) read = true;
    };
    return new Proxy(target, {
      get(object, key, receiver) {
        look(key);
        return Reflect.get(object, key, receiver);
      },
      getOwnPropertyDescriptor(object, key) {
        look(key);
        return Reflect.getOwnPropertyDescriptor(object, key);
      },
    });
  };
  const user = watch(context.user, sharedOfUser);
  return { context: watch({ ...context, user }, shared), identityRead: () => read };
}
