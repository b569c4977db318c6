/** Files that are imported as text (`with { type: 'text' }`), so that they are in the single executable too. */
declare module '*.css' {
  const text: string;
  export default text;
}
declare module '*.svg' {
  const text: string;
  export default text;
}
declare module 'htmx.org/dist/htmx.min.js' {
  const text: string;
  export default text;
}
declare module '*/admin.js' {
  const text: string;
  export default text;
}
declare module '*/live.js' {
  const text: string;
  export default text;
}
declare module '*/hold.js' {
  const text: string;
  export default text;
}
declare module '*/toasts.js' {
  const text: string;
  export default text;
}
declare module '*/chart.js' {
  const text: string;
  export default text;
}
declare module '*/watch.js' {
  const text: string;
  export default text;
}
