export interface SparkProps {
  /** The oldest first. */
  readonly values: readonly number[];
  /** What it shows, for screen readers. */
  readonly label: string;
  /** The value at the top; by default the highest of the values. */
  readonly top?: number;
}

const width = 120;
const height = 28;

/** A sparkline of the last minutes, drawn on the server. Its axis starts at 0. */
export function Spark({ values, label, top }: SparkProps): JSX.Element {
  const highest = Math.max(top ?? 0, ...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const y = (value: number) => (height - 2 - (value / highest) * (height - 4)).toFixed(1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${y(value)}`);
  const line = points.length > 1 ? `M${points.join('L')}` : '';
  const area = line && `${line}L${width},${height}L0,${height}Z`;
  return (
    <svg
      class="spark"
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

const stepSeconds = 5;

/** What the values of a chart are: it chooses how they are written. `share` is from 0 to 1. */
export type ChartUnit = 'count' | 'bits' | 'ms' | 'share';

export interface ChartProps {
  /** The oldest first, five seconds apart. */
  readonly values: readonly number[];
  /** What it shows, for screen readers. */
  readonly label: string;
  readonly unit: ChartUnit;
}

/** A graph of the last minutes with its scale and range. The value under the pointer is shown by chart.js. */
export function Chart({ values, label, unit }: ChartProps): JSX.Element {
  const highest = unit === 'share' ? 1 : Math.max(...values, 0);
  const { divisor, name } = scaleOf(unit, highest);
  const top = unit === 'share' ? 100 : roundUp(highest / divisor);
  const texts = values.map((value) => String(Number((value / divisor).toPrecision(3))));
  const x = (index: number) => ((index * width) / Math.max(values.length - 1, 1)).toFixed(1);
  const y = (value: number) => (height - (value / divisor / top) * height).toFixed(1);
  const line =
    values.length > 1 ? `M${values.map((value, index) => `${x(index)},${y(value)}`).join('L')}` : '';
  const range = minutesOf(values.length - 1);
  return (
    <figure class="chart" data-values={texts.join(',')} data-unit={name} data-step={String(stepSeconds)}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}, ${range}: ${texts.at(-1) ?? 'nothing yet'} ${name}, scale to ${top}`}
      >
        <path class="grid" d={`M0,0H${width}M0,${height / 2}H${width}M0,${height}H${width}`} />
        <path class="area" d={line && `${line}L${width},${height}L0,${height}Z`} />
        <path class="line" d={line} />
      </svg>
      <span class="cursor" />
      <span class="scale" aria-hidden="true" safe>{`${top} ${name}`}</span>
      <span class="range" aria-hidden="true" safe>
        {range}
      </span>
      <span class="at" aria-hidden="true" />
    </figure>
  );
}

/** By what the values are divided, and the name of the unit that they have then. */
function scaleOf(unit: ChartUnit, highest: number): { divisor: number; name: string } {
  if (unit === 'count') return { divisor: 1, name: '' };
  if (unit === 'ms') return { divisor: 1, name: 'ms' };
  if (unit === 'share') return { divisor: 0.01, name: '%' };
  if (highest >= 1e9) return { divisor: 1e9, name: 'Gbit/s' };
  return highest >= 1e6 ? { divisor: 1e6, name: 'Mbit/s' } : { divisor: 1e3, name: 'kbit/s' };
}

/** The next number that reads well on a scale: 1, 2 or 5 with zeros. */
function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function minutesOf(steps: number): string {
  const seconds = Math.max(0, steps) * stepSeconds;
  return seconds < 60 ? `last ${seconds} s` : `last ${Math.round(seconds / 60)} min`;
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

/** How a whole is divided into good, middling and bad. */
export function ShareBar(props: {
  parts: { readonly good: number; readonly warn: number; readonly bad: number };
  label: string;
}): JSX.Element {
  const parts = Object.entries(props.parts);
  const sum = Math.max(1, props.parts.good + props.parts.warn + props.parts.bad);
  let x = 0;
  return (
    <svg class="bar parts" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={props.label}>
      <rect class="ground" width="100" height="6" />
      {parts.map(([tone, part]) => {
        const from = x;
        const share = (part / sum) * 100;
        x += share;
        return <rect class={tone} x={from.toFixed(1)} width={share.toFixed(1)} height="6" />;
      })}
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
