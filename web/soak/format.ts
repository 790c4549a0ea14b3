// Numbers, times and spans as people read them. Bytes count by 1000, as in verdicts.

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

function digits(value: number): string {
  const size = Math.abs(value);
  return size >= 100 || value === 0 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function unitOf(bytes: number): number {
  const power = Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3);
  return Math.min(UNITS.length - 1, power);
}

export function bytes(value: number): string {
  const unit = unitOf(value);
  return `${digits(value / 1000 ** unit)} ${UNITS[unit]}`;
}

// How many digits after the point tell multiples of `step` apart.
function placesOf(step: number): number {
  let places = 0;
  while (places < 4 && Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) > 1e-6) places++;
  return places;
}

// Labels of one axis share a unit and as many digits as `step` needs.
export function bytesAxis(values: number[], step: number): string[] {
  const unit = unitOf(Math.max(...values.map(Math.abs)));
  const scale = 1000 ** unit;
  const places = placesOf(step / scale);
  return values.map((value) => `${(value / scale).toFixed(places)} ${UNITS[unit]}`);
}

export function signed(value: number): string {
  return (value > 0 ? "+" : value < 0 ? "−" : "") + bytes(Math.abs(value));
}

export function count(value: number): string {
  return Math.abs(value) >= 1e6 ? `${digits(value / 1e6)} M`
    : Math.abs(value) >= 1e4 ? `${digits(value / 1e3)} k`
      : Number.isInteger(value) ? String(value) : digits(value);
}

export function countAxis(values: number[], step: number): string[] {
  if (step >= 1) return values.map(count);
  const places = placesOf(step);
  return values.map((value) => value.toFixed(places));
}

export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function hours(value: number): string {
  if (value < 1) return `${Math.max(1, Math.round(value * 60))} min`;
  return value < 48 ? `${digits(value)} h` : `${Math.round(value / 24)} days`;
}

const two = (value: number): string => String(value).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function day(ms: number): string {
  const at = new Date(ms);
  return `${at.getDate()} ${MONTHS[at.getMonth()]}`;
}

export function clock(ms: number, seconds = false): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? ":" + two(at.getSeconds()) : ""}`;
}

export function moment(ms: number): string {
  return `${day(ms)} ${clock(ms, true)}`;
}

// Labels of a time axis: the day where it begins, the time elsewhere.
export function timeAxis(values: number[], step: number): string[] {
  let before = "";
  return values.map((value) => {
    const today = day(value);
    const fresh = today !== before;
    before = today;
    if (step >= 86_400_000) return today;
    const time = clock(value, step < 60_000);
    return fresh && (values[0] !== value || step >= 3_600_000) ? `${time}\n${today}` : time;
  });
}

export function percent(share: number): string {
  return share > 0 && share < 0.001 ? "< 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
