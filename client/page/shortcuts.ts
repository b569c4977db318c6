import { byId } from './dom.ts';
import { readPreferences, remember } from './preferences.ts';

/**
 * Runs what belongs to a key, unless the user writes, or the key belongs to something that has the focus. Who speaks to
 * the computer can turn the keys off (WCAG 2.1.4).
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
      // The key must not be written into what it opens.
      event.preventDefault();
      run();
    },
    { signal },
  );
}
