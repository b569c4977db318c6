/** Stroke paths on a grid of 16 by 16, drawn for this project. */
const paths: Readonly<Record<string, string>> = {
  overview: 'M2 9a6 6 0 0 1 12 0M8 9l3-3M3 13h10',
  rooms: 'M2 3h5v4H2zM9 3h5v4H9zM2 9h5v4H2zM9 9h5v4H9z',
  workers: 'M4 4h8v8H4zM6 1v3M10 1v3M6 12v3M10 12v3M1 6h3M1 10h3M12 6h3M12 10h3',
  nodes:
    'M8 2a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM4 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM12 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM7 6l-2 4M9 6l2 4M6 12h4',
  audit: 'M4 2h8v12H4zM6 5h4M6 8h4M6 11h2',
  history: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 5v3.500l2.500 1.500',
  bans: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM4 4l8 8',
  people: 'M8 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 14c0-3 2-4.500 5-4.500s5 1.500 5 4.500',
  settings: 'M2 4h7M13 4h1M2 8h2M8 8h6M2 12h7M13 12h1M9 2.500h3v3H9zM4.500 6.500h3v3h-3zM9 10.500h3v3H9z',
  panel: 'M2 3h12v10H2zM2 6h12M6 6v7',
  microphone: 'M8 2a2 2 0 0 1 2 2v4a2 2 0 0 1-4 0V4a2 2 0 0 1 2-2zM4 8a4 4 0 0 0 8 0M8 12v2',
  camera: 'M2 5h8v6H2zM10 8l4-2.500v5z',
  screen: 'M2 3h12v8H2zM6 14h4M8 11v3',
  lock: 'M4 7h8v6H4zM5.500 7V5a2.500 2.500 0 0 1 5 0v2',
};

/** An icon beside its word. Screen readers skip it. */
export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name] ?? paths.panel} />
    </svg>
  );
}
