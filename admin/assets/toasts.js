// Messages about what was done. They are in the top layer, so that no dialog covers them.
(() => {
  const box = document.getElementById('toasts');
  if (!box) return;
  box.popover = 'manual';
  box.showPopover();
  // The top layer is in the order of opening.
  document.addEventListener('admin-dialog', () => {
    box.hidePopover();
    box.showPopover();
  });

  // A message with a secret stays until it is dismissed; others disappear.
  function removeLater(toast) {
    toast.dataset.timed = '';
    if (toast.querySelector('code')) return;
    setTimeout(() => toast.remove(), toast.classList.contains('bad') ? 12_000 : 6_000);
  }
  const timeAll = () => box.querySelectorAll('.toast:not([data-timed])').forEach(removeLater);
  document.addEventListener('htmx:after:swap', timeAll);
  timeAll();

  async function copy(button) {
    const secret = button.closest('.toast').querySelector('code');
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = 'Copied';
    } catch {
      // The browser forbids it: what is selected can be copied by hand.
      getSelection().selectAllChildren(secret);
      button.textContent = 'Selected: copy it with the keyboard';
    }
  }
  box.addEventListener('click', ({ target }) => {
    if (target.closest('[data-dismiss]')) target.closest('.toast').remove();
    const button = target.closest('[data-copy]');
    if (button) void copy(button);
  });

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
    box.append(toast);
    removeLater(toast);
  }
})();
