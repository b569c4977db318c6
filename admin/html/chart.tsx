export interface SparkProps {
  /** The oldest first. */
  readonly values: readonly number[];
  /** What it shows, for screen readers. */
  readonly label: string;
  /** The value at the top; by default the highest of the values. */
  readonly top?: number;
  readonly large?: boolean;
}

const width = 120;
const height = 28;

/** A sparkline of the last minutes, drawn on the server. Its axis starts at 0. */
export function Spark({ values, label, top, large = false }: SparkProps): JSX.Element {
  const highest = Math.max(top ?? 0, ...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const y = (value: number) => (height - 2 - (value / highest) * (height - 4)).toFixed(1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${y(value)}`);
  const line = points.length > 1 ? `M${points.join('L')}` : '';
  const area = line && `${line}L${width},${height}L0,${height}Z`;
  return (
    <svg
      class={large ? 'spark large' : 'spark'}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="area" d={area} />
      <path class="line" d={line} />
    </svg>
  );
}

/** How much of something is used, 0 to 1, as a bar. */
export function Bar({ share, label }: { share: number; label: string }): JSX.Element {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const level = filled > 90 ? 'bad' : filled > 70 ? 'warn' : 'good';
  return (
    <svg class={`bar ${level}`} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="ground" width="100" height="6" />
      <rect class="filled" width={filled} height="6" />
    </svg>
  );
}

/** A level meter: dBov from -127 to 0 (RFC 6464), of which it shows the upper 60 dB. */
export function Level({ volume }: { volume: number | null }): JSX.Element {
  const steps = volume === null ? 0 : Math.round(Math.min(1, Math.max(0, (volume + 60) / 60)) * 8);
  return (
    <svg class="level" viewBox="0 0 31 10" role="img" aria-label={volume === null ? 'silent' : 'speaking'}>
      {Array.from({ length: 8 }, (_, index) => (
        <rect
          class={index < steps ? 'on' : 'off'}
          x={index * 4}
          y={8 - index}
          width="3"
          height={2 + index}
          rx="1"
        />
      ))}
    </svg>
  );
}
