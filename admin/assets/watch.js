// The player of a room or a peer: media comes by WebRTC, muted at first. One at a time; another one ends it.
(() => {
  let current;
  const box = () => document.getElementById('watch');
  const part = (selector) => box().querySelector(selector);
  const say = (text) => {
    part('[data-state]').textContent = text;
  };
  const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') ?? '{}')['x-csrf-token'];

  async function send(method, address, sdp) {
    // As htmx asks: then an error is one sentence.
    const headers = { 'x-csrf-token': csrf(), 'hx-request': 'true', 'content-type': 'application/sdp' };
    const response = await fetch(address, { method, headers, body: sdp, keepalive: method === 'DELETE' });
    if (response.status === 401) location.reload();
    if (response.ok) return response;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    throw new Error(page.body.textContent.trim() || `the server answered ${response.status}`);
  }

  /** An offer that only says what the browser can receive. */
  async function abilities() {
    const asking = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const kind of ['audio', 'video']) asking.addTransceiver(kind, { direction: 'recvonly' });
    const { sdp } = await asking.createOffer();
    asking.close();
    return sdp;
  }

  async function watch(peer, source) {
    stop('');
    const own = { peer, source };
    current = own;
    say('Connecting…');
    try {
      await connect(own);
    } catch (error) {
      if (current === own) stop(`Cannot be watched: ${error.message}`);
    }
  }

  async function connect(own) {
    const { address, room } = box().dataset;
    const query = new URLSearchParams({ room });
    if (own.peer) query.set('peer', own.peer);
    if (own.source) query.set('source', own.source);
    const opened = await (await send('POST', `${address}?${query}`, await abilities())).json();
    own.address = `${address}/${opened.id}`;
    if (current !== own) return void send('DELETE', own.address).catch(() => {});
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    own.connection = connection;
    const stream = new MediaStream();
    connection.addEventListener('track', ({ track }) => stream.addTrack(track));
    connection.addEventListener('connectionstatechange', () => {
      if (current !== own) return;
      if (connection.connectionState === 'connected') say(`Watching ${nameOf(opened.peerId)}`);
      if (connection.connectionState === 'disconnected') say('Interrupted…');
      if (connection.connectionState === 'failed') stop('The connection was lost.');
    });
    await connection.setRemoteDescription({ type: 'offer', sdp: opened.sdp });
    await connection.setLocalDescription();
    // The server closes the transport when what is watched ends, or the right to watch.
    connection.getReceivers()[0].transport.addEventListener('statechange', ({ target }) => {
      if (target.state === 'closed' && current === own) stop('What you watched has ended.');
    });
    await send('POST', own.address, connection.localDescription.sdp);
    if (current !== own) return;
    const video = part('video');
    video.srcObject = stream;
    video.playsInline = true;
    video.muted = true;
    part('[data-sound]').setAttribute('aria-pressed', 'false');
    part('[data-screen]').setAttribute('aria-pressed', String(own.source === 'screen'));
    part('.player').hidden = false;
    await video.play().catch(() => {});
  }

  /** The name by which the page shows somebody. */
  function nameOf(peerId) {
    const card = [...document.querySelectorAll('.peer')].find(
      (each) => each.querySelector('[name=peer]')?.value === peerId,
    );
    const heading = document.querySelector('#peer-head h1');
    return card?.querySelector('.row-link')?.textContent ?? heading?.textContent ?? peerId;
  }

  function stop(text) {
    const { connection, address } = current ?? {};
    current = undefined;
    connection?.close();
    // It may have ended on the server's side already.
    if (address) send('DELETE', address).catch(() => {});
    if (!box()) return;
    part('video').srcObject = null;
    part('.player').hidden = true;
    say(text);
  }

  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element && target.closest('button');
    if (!button || !box()) return;
    const { watch: peer, sound, screen, stop: stops } = button.dataset;
    if (peer !== undefined) {
      void watch(peer);
      box().scrollIntoView({ block: 'nearest' });
    } else if (stops !== undefined) stop('');
    else if (sound !== undefined) {
      const video = part('video');
      video.muted = !video.muted;
      button.setAttribute('aria-pressed', String(!video.muted));
    } else if (screen !== undefined && current)
      void watch(current.peer, current.source === 'screen' ? undefined : 'screen');
  });
  addEventListener('pagehide', () => current && stop(''));
})();
