import { byId } from './dom.ts';
import { readPreferences, remember } from './preferences.ts';

/**
 * Runs the action of a key, unless the user is typing or the focused element uses that key. People who use speech input
 * can turn the keys off (WCAG 2.1.4).
 */
export function followKeys(keys: Readonly<Record<string, () => void>>, signal: AbortSignal): void {
  const choice = byId('keys-on', HTMLInputElement);
  choice.checked = readPreferences().keys ?? true;
  choice.addEventListener('change', () => remember({ keys: choice.checked }), { signal });
  document.addEventListener(
    'keydown',
    (event) => {
      const run = keys[event.key.toLowerCase()];
      if (!run || !choice.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const { target } = event;
      if (!(target instanceof Element) || target.closest('input, textarea, select, dialog')) return;
      // The key must not be typed into the field that it opens.
      event.preventDefault();
      run();
    },
    { signal },
  );
}
