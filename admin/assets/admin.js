// The dashboard's own script: dialogs and keys. live.js keeps the page up to date; the rest is htmx and the server.
(() => {
  document.documentElement.classList.add('scripted');
  // On a phone the menu is wider than the screen: scroll to the entry of the open page.
  document.querySelector('nav [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  const dialog = () => document.getElementById('dialog');

  // Opens the dialog when a confirmation was loaded into it, and closes it after the action.
  document.addEventListener('htmx:after:swap', () => {
    const box = dialog();
    if (box && !box.open && box.childElementCount > 0) box.showModal();
    for (const toast of document.querySelectorAll('#toasts .toast:not([data-timed])')) removeLater(toast);
  });
  document.addEventListener('admin-done', () => dialog()?.close());
  document.addEventListener('close', ({ target }) => target === dialog() && target.replaceChildren(), true);
  document.addEventListener('click', (event) => {
    const closing = event.target instanceof Element && event.target.closest('[data-close]');
    if (!closing || !dialog()?.open) return;
    event.preventDefault();
    dialog().close();
  });

  // A message with a secret stays, so that it can be copied; others disappear.
  function removeLater(toast) {
    toast.dataset.timed = '';
    if (toast.querySelector('code')) return;
    setTimeout(() => toast.remove(), toast.classList.contains('bad') ? 12_000 : 6_000);
  }

  document.addEventListener('htmx:response:error', ({ detail }) => {
    const status = detail.ctx?.response?.status;
    if (status === 401) return location.reload();
    showError(
      status === 403
        ? 'Not done: this page is from another session. Reload it and try again.'
        : `Not done: the server answered ${status}.`,
    );
  });
  document.addEventListener('htmx:error', () => showError('Not done: the server cannot be reached.'));

  function showError(text) {
    const toast = document.createElement('p');
    toast.className = 'toast bad';
    toast.setAttribute('role', 'alert');
    toast.textContent = text;
    document.getElementById('toasts')?.append(toast);
    removeLater(toast);
  }

  // Keys: / searches, j and k or the arrows move, Enter opens, x selects, r, b and n open confirmations, ? shows this.
  const rows = () => [...document.querySelectorAll('table[data-rows] > tbody > tr, [data-rows] > article')];
  let at = '';
  const current = () => rows().find((row) => row.id && row.id === at) ?? document.querySelector('.current');

  function move(step) {
    const all = rows();
    const index = all.indexOf(current());
    const next =
      all[index < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, index + step))];
    if (!next) return;
    for (const row of all) row.classList.remove('current');
    at = next.id;
    next.classList.add('current');
    (next.querySelector('.row-link, a, button') ?? next).focus();
    next.scrollIntoView({ block: 'nearest' });
  }

  // Outside of a list the arrow keys scroll the page.
  const arrow = (step) => {
    if (!document.activeElement?.closest('[data-rows]')) return false;
    move(step);
  };
  const act = (key) =>
    (current() ?? document.getElementById('peer-head'))?.querySelector(`[data-key=${key}]`)?.click();

  const keys = {
    '/': () => document.getElementById('search')?.focus(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => arrow(1),
    ArrowUp: () => arrow(-1),
    r: () => act('r'),
    b: () => act('b'),
    n: () => act('n'),
    x: () => current()?.querySelector('input[type=checkbox]')?.click(),
    '?': () => {
      const box = dialog();
      if (!box || box.open) return;
      const heading = document.createElement('h2');
      heading.id = 'dialog-title';
      heading.textContent = 'Keys';
      const text = document.createElement('p');
      text.textContent =
        '/ searches. j and k, or in a list the arrows, move from row to row. Enter opens, x selects. r asks to remove the current peer, b to remove and ban, n to send a notice. Tab reaches the rest, Esc closes.';
      const close = document.createElement('button');
      close.className = 'button';
      close.textContent = 'Close';
      close.dataset.close = '';
      box.replaceChildren(heading, text, close);
      box.showModal();
    },
  };
  document.addEventListener('keydown', (event) => {
    const typing =
      event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog()?.open) return;
    const run = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (run && run() !== false) event.preventDefault();
  });
  // An update resets attributes to the server's, so the current row has to be marked again.
  document.addEventListener('live:update', () => current()?.classList.add('current'));
})();
