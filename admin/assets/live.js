// Keeps the page up to date while somebody can see it: over an event stream, or by asking every two seconds.
//
// A browser opens six connections to a host over HTTP/1.1, in all windows together. A stream holds one of them for good,
// and with the sixth nothing loads any more. So at most four pages of a browser have a stream; a lock each (Web Locks)
// says which. A hidden page gives its stream back, and one that is visible and gets none asks again and again instead.
(() => {
  const slots = ['tureen-live-1', 'tureen-live-2', 'tureen-live-3', 'tureen-live-4'];
  const askEveryMs = 2000;
  const retryMs = 5000;

  // What is followed now; aborted when the page is hidden or shows something else.
  let following = { address: '', stop: new AbortController() };
  const place = () => document.querySelector('[data-live]');

  const tell = (text) => {
    const status = document.getElementById('connection');
    if (status) status.textContent = text;
    document.documentElement.classList.toggle('stale', text !== '' && text !== 'Live');
  };

  // Follows what the page shows, and nothing while it is hidden.
  function follow() {
    const address = document.hidden ? '' : (place()?.dataset.live ?? '');
    if (address === following.address) return;
    following.stop.abort();
    following = { address, stop: new AbortController() };
    if (address !== '') void keepLive(address, following.stop.signal);
  }

  async function keepLive(address, signal) {
    while (!signal.aborted) {
      const streamed = await withSlot((free) => free && stream(address, signal));
      if (signal.aborted) return;
      // Without a slot, and after a stream that was refused: asking once also shows why.
      const asked = await ask(address.replace('/live/', '/parts/'), signal);
      if (!signal.aborted) await pause(asked && !streamed ? askEveryMs : retryMs, signal);
    }
  }

  // Runs the task with a slot that no other page has, or with none. Old browsers do not count.
  async function withSlot(task, left = slots) {
    if (!navigator.locks || left.length === 0) return await task(!navigator.locks);
    const [slot, ...others] = left;
    return await navigator.locks.request(slot, { ifAvailable: true }, (lock) =>
      lock ? task(true) : withSlot(task, others),
    );
  }

  // Resolves when the stream has ended for good. The browser itself opens one again that broke.
  function stream(address, signal) {
    return new Promise((resolve) => {
      const source = new EventSource(address);
      const end = () => {
        source.close();
        resolve(true);
      };
      signal.addEventListener('abort', end);
      source.onmessage = ({ data }) => signal.aborted || show(data);
      source.onopen = () => signal.aborted || tell('Live');
      source.onerror = () => {
        if (signal.aborted) return;
        tell('Connecting again');
        if (source.readyState === EventSource.CLOSED) end();
      };
    });
  }

  async function ask(address, signal) {
    try {
      const response = await fetch(address, { headers: { 'hx-request': 'true' }, signal });
      // Logged out, or without the role: the page itself says what to do.
      if (response.status === 401 || response.status === 403) location.reload();
      const text = response.ok ? await response.text() : '';
      if (signal.aborted) return response.ok;
      if (response.ok) await show(text);
      tell(response.ok ? 'Live' : 'Not live');
      return response.ok;
    } catch {
      if (!signal.aborted) tell('Connecting again');
      return false;
    }
  }

  async function show(text) {
    const sourceElement = place();
    if (!sourceElement) return;
    await htmx.swap({ sourceElement, target: sourceElement, swap: 'none', text });
    document.dispatchEvent(new Event('live:update'));
  }

  function pause(milliseconds, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  document.addEventListener('visibilitychange', follow);
  // A search shows something else.
  document.addEventListener('htmx:after:swap', follow);
  // A page that the browser keeps for the back button must not keep its stream.
  addEventListener('pagehide', () => {
    following.stop.abort();
    following = { address: '', stop: new AbortController() };
  });
  addEventListener('pageshow', follow);
})();
