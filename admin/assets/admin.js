// Dialogs, menus, keys and selected people. live.js keeps the page up to date; the rest is htmx and the server.
(() => {
  document.documentElement.classList.add('scripted');
  // On a phone the menu is wider than the screen: scroll to the entry of the open page.
  document.querySelector('nav [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  const dialog = () => document.getElementById('dialog');

  function show(box) {
    box.showModal();
    document.dispatchEvent(new Event('admin-dialog'));
  }

  // Opens the dialog when a confirmation was loaded into it, and closes it after the action. A browser reports a closed
  // dialog a moment later: an update in between must not open it again.
  document.addEventListener('htmx:after:swap', ({ detail }) => {
    const box = dialog();
    if (box && detail.ctx.target === box && !box.open && box.childElementCount > 0) show(box);
  });
  document.addEventListener('admin-done', () => dialog()?.close());
  document.addEventListener(
    'close',
    ({ target }) => target === dialog() && !target.open && target.replaceChildren(),
    true,
  );
  // A menu closes when something is chosen, or clicked elsewhere. The focus stays where the dialog can give it back.
  document.addEventListener(
    'click',
    ({ target }) => {
      for (const menu of document.querySelectorAll('details.menu[open]')) {
        if (menu.contains(target) && !target.closest('a, button')) continue;
        if (menu.contains(target)) menu.querySelector('summary').focus();
        menu.open = false;
      }
    },
    true,
  );
  document.addEventListener('click', (event) => {
    const closing = event.target instanceof Element && event.target.closest('[data-close]');
    if (!closing || !dialog()?.open) return;
    event.preventDefault();
    dialog().close();
  });

  // Selected people: how many there are, and all of them at once.
  const boxes = () => [...document.querySelectorAll('#selection .peer:not(.gone) [name=peer]')];
  function countSelected() {
    const place = document.getElementById('selected-count');
    if (!place) return;
    const text = `${boxes().filter(({ checked }) => checked).length} of ${boxes().length} selected`;
    if (place.textContent !== text) place.textContent = text;
  }
  document.addEventListener('change', countSelected);
  document.addEventListener('htmx:after:swap', countSelected);
  document.addEventListener('click', ({ target }) => {
    const wish = target instanceof Element && target.closest('[data-select]')?.dataset.select;
    if (!wish) return;
    for (const box of boxes()) box.checked = wish === 'all';
    countSelected();
  });

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
    Escape: () => {
      const menu = document.querySelector('details.menu[open]');
      if (!menu) return false;
      menu.open = false;
      menu.querySelector('summary').focus();
    },
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
      show(box);
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
