import { SeededChoice } from './seeded-choice.js'

/** Values that the expressions read. */
export const expressionValues = `a: 1
b: two
big: 1000000
huge: 12345678901234567890
mid: 9007199254740993
f: 1.5
neg: -7.25
tiny: 1e-7
wide: 1e21
z: 0
t: true
off: false
n: null
es: ""
em: {}
el: []
list: [1, x, null, [2], {k: v}]
strs: [b, a, c, a]
m: {x: X, z: {z: deep, q: [1, 2]}, n: null, num: 5}
m2: {x: Z, z: {w: new, z: over}, l: [9], e: ""}
u: "héllo wörld ß İ ΑΣ ǆ ﬁ 日本"
ws: "  a b\\t c\\n "
ml: "l1\\nl2\\n\\nl3\\n"
url: "https://us:p%40w@ho.st:8080/p%20a/b?q=1&r=a+b#fr%20g"
y: "a: 1\\nb: [x, 2.50, 1e3, 0x1F, 010, 0o17, yes, null, ~, 2001-01-01]\\nc: {d: 'q', e: !!str 1}\\n"
j: '{"a":1.0,"b":[1e3,null,true,"\\u00e9<"],"c":{}}'
toml: "a = 1\\n[b]\\nc = 'x'\\nd = [1,2]\\n"
`

const quoted = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text))
const texts = [
  ...[
    '.Values.u',
    '.Values.ws',
    '.Values.ml',
    '.Values.b',
    '.Values.url',
    '.Values.y',
    '.Values.j',
    '(repeat 30 "ab ")',
    '`x\ty`',
  ],
  ...quoted([
    'hello world',
    '',
    'a',
    'HelloWorld fooBar_baz-qux',
    'XMLHttpRequest2Foo',
    'a,b,,c',
    '/a/b/../c.tar.gz',
    '😀x',
    'héé',
  ]),
  ...quoted([
    '1.50',
    '0x1F',
    '010',
    '1e3',
    '-5',
    ' 7 ',
    'true',
    '1,000',
    '1_000',
    '+1',
    '1.',
    '.5',
    'Inf',
    'NaN',
    '0b11',
    '0o17',
  ]),
  ...quoted([
    'yes',
    'y',
    'on',
    '1:20',
    '~',
    '- a',
    'a: b',
    '#c',
    'a #c',
    'null',
    '=',
    '<<',
    '.nan',
    '2001-01-01',
    'a\n b\n',
    '\n',
    'a\t',
  ]),
  ...quoted([
    'a ',
    'a:',
    '!x',
    '&x',
    '%x',
    '@x',
    '{a',
    '|',
    '?',
    '-',
    '---',
    '08',
    '1e',
    'a\r\nb',
    "a'",
    '$1 ${n} %d %%',
    'v1.2.3-b.1+5',
  ]),
  '"\\xff\\xfe"',
  '"a\\\\b\\"c\'d<e>&f"',
]
const counts = ['0', '1', '2', '3', '5', '-1', '-3', '7', '10', "'a'", '0x10', '1_000']
const numbers = [
  ...counts,
  ...[
    '1.5',
    '-2.5',
    '0.1',
    '.Values.a',
    '.Values.big',
    '.Values.huge',
    '.Values.mid',
    '.Values.f',
    '.Values.neg',
    '.Values.tiny',
  ],
  ...['.Values.wide', '.Values.z', '(int 3)', '(int64 4)', '(float64 2)', '(len "abc")', '1e6', '1e20', '9223372036854775807'],
]
const lists = [
  ...[
    '.Values.list',
    '.Values.el',
    '.Values.strs',
    '(list)',
    '(list 1 2 3)',
    '(list "a" "b" "a" nil)',
    '(until 4)',
    '(rest (list))',
  ],
  ...['(list 1 1.0 "1" true nil (list 1) (dict "a" 1))', '(toStrings .Values.list)', '(regexFindAll "a" "aaa" -1)'],
]
const maps = [
  ...['.Values.m', '.Values.m2', '.Values.em', '(dict)', '(dict "a" 1 "b" (dict "c" 2))', '(dict "x" nil "y" "")', '(dict "k")'],
  ...['(fromYaml .Values.y)', '(fromJson .Values.j)', '(split "," "a,b")', '(pick .Values.m "x" "num")', '(dict 1 2 true nil)'],
]
const anything = [
  ...[...texts, ...numbers, ...lists, ...maps, 'true', 'false', '.Values.n', 'nil', '.Values.missing', '.Values.m.n'],
  ...[
    '.Release.Name',
    '.Chart.Name',
    '.Capabilities.KubeVersion.Version',
    '(b64dec "/w==")',
    '.Release',
    '.Files',
    '1i',
    '2.5-3i',
    '(list 1i "\\u0085a\\u2028b")',
  ],
]
const patterns = quoted([
  ...[
    'a',
    '[a-z]+',
    '(?P<n>[a-z])(o)',
    '^',
    '$',
    '\\s*',
    '(a|b)*',
    'x*',
    '[^\\w]',
    '(?i)HELLO',
    '(?s).+',
    '\\p{L}+',
    '(',
    'a{2,1}',
  ],
  ...['(?m)^l', '', '\\d{1,3}', '[[:upper:]]', '(?U)a+', '\\Qa.b\\E', '(?=a)', 'a**', '[z-a]', '(?<n>l+)', '\\z'],
])
const times = [
  '(toDate "2006-01-02" "2024-02-29")',
  '(toDate "2006-01-02T15:04:05Z07:00" "2024-02-29T23:59:59+05:30")',
  '(toDate "2006-01-02 15:04:05.999" "2024-02-29 01:02:03.456789")',
]
const layouts = quoted([
  ...['2006-01-02', 'Jan _2 06 03:04PM', 'Mon, 02 Jan 2006 15:04:05 MST', '2006-01-02T15:04:05Z07:00', '15:04:05.000', '__2 002'],
  ...['Monday January 2', '2006-01-02 15:04:05.999999999 -0700 MST', '06 Z0700 -07', '3:4:5 pm', '', 'x'],
])
const dates = quoted([
  '2024-02-29',
  'Feb  9 24 03:04PM',
  'Mon, 02 Jan 2006 15:04:05 MST',
  '2024-13-01',
  '15:04:05.123',
  '2024-02-30',
  '',
])
const zones = quoted(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Nowhere/X', 'Asia/Tokyo', 'Asia/Dubai'])
const durations = quoted(['1h', '-90m', '1h30m15.5s', '100', 'x', '2.5h', '1us', '', '9999h', '-1ns'])
const versions = quoted([
  '1.2.3',
  'v1.2.3',
  '1.2',
  '1',
  '1.2.3-alpha.1',
  '1.2.3-beta+x',
  'v1.29.3-gke.100',
  '01.2.3',
  '1.2.3.4',
  'x',
  '',
  '2.0.0',
])
const ranges = quoted([
  '>=1.2.0',
  '^1.2',
  '~1.2.3',
  '>=1.19-0',
  '1.x',
  '*',
  '=1.2.3',
  '!=1.2.3',
  '>1 <2',
  '>=1.0, <2.0 || >3',
  '1.2 - 1.4',
  '^0',
  '',
])
const verbs = [
  ...[
    '%v',
    '%d',
    '%s',
    '%q',
    '%x',
    '%X',
    '%5d',
    '%-5d|',
    '%05d',
    '%+d',
    '% d',
    '%t',
    '%T',
    '%.2f',
    '%8.3f',
    '%e',
    '%g',
    '%E',
    '%b',
    '%o',
  ],
  ...[
    '%O',
    '%c',
    '%U',
    '%#x',
    '%#o',
    '%6.2s|',
    '%-8s|',
    '%08s',
    '%.0f',
    '%5t',
    '%05v',
    '%+q',
    '%#q',
    '% x',
    '%08.3f',
    '%+.2e',
    '%z',
    '%',
  ],
  ...['%[1]v %[1]T', '%.3v', '%#U', '%+08d', '%.3d', '%.10g', '%#g', '%#.0f', '%.3x', '%020b', '%.20f', '%-+8.2f|', '%!', '%F'],
]

type Kind =
  | 'text'
  | 'count'
  | 'number'
  | 'list'
  | 'map'
  | 'any'
  | 'pattern'
  | 'time'
  | 'layout'
  | 'date'
  | 'zone'
  | 'duration'
  | 'version'
  | 'range'
const pools: Readonly<Record<Kind, readonly string[]>> = {
  text: texts,
  count: counts,
  number: numbers,
  list: lists,
  map: maps,
  any: anything,
  pattern: patterns,
  time: times,
  layout: layouts,
  date: dates,
  zone: zones,
  duration: durations,
  version: versions,
  range: ranges,
}

/** Functions by what they are given: `NAME KIND ...`; words that are no kinds stand for themselves. */
const calls = `
print any any|println any|html any|js any|urlquery any|eq any any|ne any any|lt number number|le number any|gt text text|len any|not any
and any any|or any any|index list count|index map text|index text count|slice list count|slice text count count
abbrev count text|abbrevboth count count text|trunc count text|trim text|upper text|lower text|title text|untitle text
substr count count text|trimAll "ab" text|trimSuffix "d" text|trimPrefix "h" text|nospace text|initials text|swapcase text
snakecase text|camelcase text|kebabcase text|wrap count text|wrapWith count "--" text|contains text text|hasPrefix text text
quote any any|squote any any|cat any any|indent count text|nindent count text|replace text text text|plural text text 2
toString any|toStrings any|join text any|splitList text text|splitn text count text|sortAlpha any
atoi text|int any|int64 any|float64 any|toDecimal any|typeOf any|kindOf any|ternary any any true|default any any|empty any
coalesce any any any|all any any|any any any|toJson any|toPrettyJson any|toRawJson any|mustToJson any|toYaml any|toToml map
fromJson text|fromJsonArray text|mustFromJson text|deepEqual any any|get map text|hasKey map "x"|pluck "x" map map
pick map "x" "a"|omit map "x"|dict any any any|merge (deepCopy map) map|mergeOverwrite (deepCopy map) map map|dig "x" any map
list any any|append list any|prepend any any|first any|last any|rest any|initial any|reverse any|compact any|uniq any
without list any|has any list|chunk 2 list|concat list list|add1 any|add number number|sub number any|div number number
mod number number|mul number number|addf number number|subf number number|divf number number|mulf number number|max number number
min number number|ceil any|floor any|round any count|untilStep count count count|base text|dir text|clean text|ext text|isAbs text
regexMatch pattern text|mustRegexMatch pattern text|regexFind pattern text|regexFindAll pattern text -1|regexSplit pattern text -1
regexReplaceAll pattern text "[$1]"|regexReplaceAll pattern text "\${n}x"|mustRegexReplaceAllLiteral pattern text "$1"|regexQuoteMeta text
semver version|semverCompare range version|date layout time|dateInZone layout time zone|dateModify duration time
mustDateModify duration time|duration duration|durationRound duration|toDate layout date|mustToDate layout date|unixEpoch time
b64enc text|b64dec text|b32enc text|b32dec text|sha256sum text|adler32sum text|tpl text map|required "m" any
`
  .trim()
  .split(/[|\n]/)
const tails = [
  '',
  '',
  '',
  '',
  ' | toJson',
  ' | toYaml',
  ' | quote',
  ' | typeOf',
  ' | printf "%#v"',
  ' | len',
  ' | default "d"',
  ' | first',
  ' | nindent 2',
]

/** A template that a seed makes: one call of one function, mostly, and what is done with it. */
export function randomExpression(seed: number): string {
  const choice = new SeededChoice(seed)
  for (let count = 0; count < 4; count++) choice.next()
  const call = choice.maybe(0.1) ? 'printf' : choice.pick(calls)
  const argument = (word: string) => {
    const bare = word.replace(/[()]/g, '')
    return Object.hasOwn(pools, bare) ? word.replace(bare, choice.pick(pools[bare as Kind])) : word
  }
  const [name = '', ...words] = call.split(' ')
  const given =
    name === 'printf'
      ? [JSON.stringify(`${choice.pick(verbs)} ${choice.pick(verbs)}`), choice.pick(anything), choice.pick(anything)]
      : words.map(argument)
  const isTime = /date|semver/i.test(name)
  const tail = choice.pick(tails)
  return `{{ ${[name, ...given].join(' ')}${isTime && tail.includes('#v') ? '' : tail} }}`
}
