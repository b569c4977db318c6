// Shows the value of a chart under the pointer, with its age. Updates leave it where the pointer is.
(() => {
  let pointer;

  function chartUnder() {
    if (!pointer) return undefined;
    // A tile's link lies over its chart.
    const found = document.elementsFromPoint(pointer.x, pointer.y).find((each) => each.closest('.chart'));
    return found?.closest('.chart');
  }

  function show() {
    const chart = chartUnder();
    for (const other of document.querySelectorAll('.chart.read'))
      if (other !== chart) other.classList.remove('read');
    const { values = '', unit, step } = chart?.dataset ?? {};
    const all = values.split(',');
    if (values === '') return;
    const { left, width } = chart.querySelector('svg').getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (pointer.x - left) / width));
    const index = Math.round(share * (all.length - 1));
    const ago = (all.length - 1 - index) * Number(step);
    const age =
      ago === 0 ? 'now' : ago < 60 ? `${ago} s ago` : `${Math.floor(ago / 60)} min ${ago % 60} s ago`;
    chart.querySelector('.at').textContent = `${all[index]} ${unit}, ${age}`.replace(' ,', ',');
    chart.querySelector('.cursor').style.left = `${(100 * index) / Math.max(1, all.length - 1)}%`;
    chart.classList.add('read');
  }

  const move = ({ clientX, clientY }) => {
    pointer = { x: clientX, y: clientY };
    show();
  };
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerdown', move);
  document.addEventListener('htmx:after:swap', show);
})();
