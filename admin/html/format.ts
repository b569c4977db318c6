/** Bits a second: `0`, `840 kbit/s`, `1.25 Mbit/s`. */
export function bitrate(bits: number): string {
  if (bits < 500) return '0';
  if (bits < 999_500) return `${Math.round(bits / 1000)} kbit/s`;
  if (bits < 999_500_000) return `${(bits / 1_000_000).toFixed(bits < 9_995_000 ? 2 : 1)} Mbit/s`;
  return `${(bits / 1_000_000_000).toFixed(2)} Gbit/s`;
}

/** Minutes, hours or days: seconds that tick in every row would distract. */
export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return '< 1 min';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
  return `${Math.floor(hours / 24)} d`;
}

/** 2026-11-21 03:10:22, in UTC. */
export function dateTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** 03:10:22, in UTC. */
export function clockTime(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`;
}

/** A text such as an error message as a sentence of its own. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
