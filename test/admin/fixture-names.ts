export const kinds = ['empty', 'busy', 'degraded', 'hostile'] as const;
/** What a node can look like. */
export type Kind = (typeof kinds)[number];

/** Names that would run as scripts, break out of attributes, imitate others or burst the layout. */
export const hostileNames = [
  '<script>window.hacked=1</script>',
  '"><img src=x onerror="window.hacked=1">',
  "' onfocus='window.hacked=1' autofocus='",
  '</title></textarea><svg onload=window.hacked=1>',
  '<!--/live:peers--><!--live:head--><hx-partial hx-target="body"><b>hacked</b></hx-partial>',
  'javascript:window.hacked=1',
  '{{7*7}} <%= 7*7 %> &lt;b&gt; &#x3c;script&#x3e;',
  `${'W'.repeat(60)}mmmm`,
  'مرحبا بالعالم \u202e gnp.exe',
  'Z̸̢͝a̵͊l̴͠g̷͝o̶͌ 👩‍👩‍👧‍👦🏳️‍🌈 한국어 日本語',
] as const;

export const people = [
  'Ada Lovelace',
  'Grace Hopper',
  'Alan Turing',
  'Edsger Dijkstra',
  'Barbara Liskov',
  'Donald Knuth',
  'Radia Perlman',
  'Ken Thompson',
  'Frances Allen',
];
/** The time of every fixture. */
export const now = Date.UTC(2026, 4, 12, 9, 41, 0);
