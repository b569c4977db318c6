// Holds the page still under the pointer. A live update must not move what one is about to click: while the pointer, a
// finger or the keyboard is in a list ([data-rows]), its items keep their places. Who has gone leaves a stub, who is new
// comes last. What the pointer is on stays where it is on the screen, whatever grows or shrinks above it.
(() => {
  /** The order that the server gave last, by the name of a list that is shown in another one. */
  const wanted = new Map();
  /** The name of the list that a finger touched last. */
  let touched;
  let anchor;

  const bodyOf = (list) => list.tBodies?.[0] ?? list;
  const itemsOf = (list) => [...bodyOf(list).children].filter(({ id }) => id !== '');
  const idsOf = (list) => itemsOf(list).map(({ id }) => id);
  const find = (root, name) => root.querySelector(`[data-rows="${CSS.escape(name)}"]`);
  const listsIn = (root) => [
    ...(root.matches('[data-rows]') ? [root] : []),
    ...root.querySelectorAll('[data-rows]'),
  ];
  const chip = document.createElement('button');
  chip.id = 'held';
  chip.type = 'button';
  chip.hidden = true;

  function isHeld(list) {
    const active = document.activeElement;
    return (
      list.matches(':hover') ||
      list.dataset.rows === touched ||
      chip.matches(':hover, :focus-visible') ||
      (list.contains(active) && active.matches(':focus-visible'))
    );
  }

  /** The item as it was, which says that it is gone and does nothing any more. */
  function stubOf(item, list) {
    const stub = item.cloneNode(true);
    if (stub.classList.contains('gone')) return stub;
    stub.classList.add('gone');
    const note = document.createElement('span');
    note.className = 'badge';
    note.textContent = list.dataset.gone ?? 'gone';
    (stub.querySelector('h3, td') ?? stub).append(' ', note);
    return stub;
  }

  /** Puts the items of an update into the places that they have on the page. */
  function keepPlaces(list, next) {
    const coming = new Map(itemsOf(next).map((item) => [item.id, item]));
    const body = bodyOf(next);
    const others = [...body.children].filter(({ id }) => id === '');
    const kept = itemsOf(list).map((item) => coming.get(item.id) ?? stubOf(item, list));
    const fresh = [...coming.values()].filter((item) => !kept.includes(item));
    body.append(...kept, ...fresh, ...others);
  }

  /** The list ends with the update, as a table does when it has no rows: its frame stays until it is released. */
  function keepFrame(list, fragment) {
    const place = list.parentElement?.closest('[id]');
    const frame = place && [...place.children].find((child) => child.contains(list));
    const parent = place && (fragment.getElementById(place.id) ?? (place.id === 'content' && fragment));
    if (!frame || !parent) return;
    const kept = frame.cloneNode(true);
    kept.dataset.ended = '';
    for (const item of itemsOf(find(kept, list.dataset.rows))) item.replaceWith(stubOf(item, list));
    parent.prepend(kept);
  }

  function hold({ target, fragment }) {
    for (const list of target ? listsIn(target) : []) {
      const name = list.dataset.rows;
      const next = find(fragment, name);
      wanted.delete(name);
      if (!isHeld(list)) continue;
      wanted.set(name, next ? idsOf(next) : []);
      if (next) keepPlaces(list, next);
      else keepFrame(list, fragment);
    }
  }

  function release(name) {
    const ids = wanted.get(name);
    wanted.delete(name);
    const list = find(document, name);
    if (!list || !ids) return;
    if (list.closest('[data-ended]')) return list.closest('[data-ended]').remove();
    for (const item of itemsOf(list)) if (item.classList.contains('gone')) item.remove();
    const byId = new Map(itemsOf(list).map((item) => [item.id, item]));
    bodyOf(list).prepend(...ids.flatMap((id) => byId.get(id) ?? []));
  }

  function releaseLeft() {
    for (const name of [...wanted.keys()]) {
      const list = find(document, name);
      if (!list || !isHeld(list)) release(name);
    }
    const content = document.getElementById('content');
    if (content && !content.matches(':hover')) {
      content.style.removeProperty('padding-top');
      document.body.style.removeProperty('min-height');
    }
    showChip();
  }

  /** Says what is not shown as it is, with the way to see it. */
  function showChip() {
    const texts = [...wanted].flatMap(([name, ids]) => {
      const list = find(document, name);
      const gone = list?.querySelectorAll('.gone').length ?? 0;
      const shown = list ? idsOf(list).filter((id) => ids.includes(id)) : [];
      const moved = shown.some((id, index) => id !== ids[index]);
      return [gone > 0 ? `${gone} ${list.dataset.gone ?? 'gone'}` : [], moved ? 'another order' : []].flat();
    });
    chip.hidden = texts.length === 0;
    chip.textContent = chip.hidden ? '' : `List held: ${texts.join(', ')}. Update`;
  }

  /** Keeps what the pointer is on at its place on the screen: by scrolling, for which it makes room. */
  function settle({ element, top }) {
    const content = document.getElementById('content');
    const moved = () => element.getBoundingClientRect().top - top;
    if (!element.isConnected || !content || Math.abs(moved()) < 1) return;
    scrollBy(0, moved());
    const rest = moved();
    if (rest >= 1) {
      document.body.style.minHeight = `${scrollY + rest + innerHeight}px`;
      scrollBy(0, rest);
    } else if (rest <= -1) {
      content.style.paddingTop = `${Number.parseFloat(getComputedStyle(content).paddingTop) - rest}px`;
    }
  }

  document.addEventListener('htmx:before:swap', ({ detail }) => {
    const element = [...document.querySelectorAll('#content :hover')].at(-1);
    anchor = element && { element, top: element.getBoundingClientRect().top };
    // A search replaces the list because one asked for it; only updates come as partials.
    const updates = detail.tasks.filter(({ type }) => type === 'partial');
    if (updates.length < detail.tasks.length && !updates.length) anchor = undefined;
    for (const task of updates) hold(task);
  });
  document.addEventListener('htmx:after:swap', () => {
    if (anchor) settle(anchor);
    anchor = undefined;
    showChip();
  });
  document.addEventListener('DOMContentLoaded', () => document.body.append(chip));

  // The states :hover and :focus-visible are those after the event.
  const later = () => setTimeout(releaseLeft, 0);
  for (const name of ['pointerover', 'focusin', 'focusout']) document.addEventListener(name, later);
  document.documentElement.addEventListener('pointerleave', later);
  document.addEventListener('pointerdown', ({ pointerType, target }) => {
    if (target === chip) return;
    touched = pointerType === 'touch' ? target.closest?.('[data-rows]')?.dataset.rows : undefined;
    later();
  });
  chip.addEventListener('click', () => {
    touched = undefined;
    for (const name of [...wanted.keys()]) release(name);
    showChip();
  });
  document.addEventListener(
    'click',
    (event) => {
      if (!event.target.closest?.('.gone')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
})();
