import type { ReadAnswer } from './dns-ask.js'

interface Asked {
  readonly type: string
  readonly name: string
}

type Applies = (asked: Asked, ours: ReadAnswer, theirs: ReadAnswer) => boolean

const isEmpty = ({ answers }: ReadAnswer) => answers.length === 0
const isSetIp = /\b(api|nameless)\.shop\.svc\.clusterset/

/** Where we answer otherwise than CoreDNS on purpose; docs/reference/dns.md says why. The first that applies counts. */
const differences: readonly (readonly [reason: string, applies: Applies])[] = [
  ['any: we have records for it', ({ type }) => type === 'ANY'],
  [
    'server: it is known by its Service, which CoreDNS has none of here',
    ({ type, name }) => (type === 'NS' && /^cluster(set)?\.local$/.test(name)) || (type === 'A' && name.startsWith('ns.dns.')),
  ],
  ['version: it has the life of other records', ({ type, name }) => type === 'TXT' && name.startsWith('dns-version.')],
  [
    'alias: a CNAME stands for every type, also where it leads to nothing',
    ({ name }, ours) => /^(away|alias|lost)\.shop/.test(name) && ours.answers.some((record) => record.includes(' CNAME ')),
  ],
  [
    'ports: names of ports have SRV records alone',
    ({ type, name }, ours) =>
      (type === 'A' || type === 'AAAA') && /^_[^.]+\._(tcp|udp)\./.test(name) && isEmpty(ours) && ours.code === 0,
  ],
  ['pod: it has no ports', ({ type, name }) => type === 'SRV' && name.includes('.pod.cluster.')],
  ['set: endpoints behind an address of the set have no names', ({ name }) => isSetIp.test(name) && name.startsWith('10-244-')],
  [
    'absent: whether a name is there does not depend on the type',
    ({ type }, ours, theirs) =>
      (type === 'TXT' || type === 'SOA') && isEmpty(ours) && isEmpty(theirs) && ours.code !== theirs.code,
  ],
  [
    'above: a name above others is there, if empty',
    (_asked, ours, theirs) => isEmpty(ours) && ours.code === 0 && isEmpty(theirs) && theirs.code === 3,
  ],
  [
    'lenient: ports without a name or underscores',
    ({ name }, ours) => /^(_\._tcp\.bare|http\.tcp\.web)\./.test(name) && ours.code === 3,
  ],
  [
    'imports: a namespace without imports, and pods, are not of the set',
    ({ name }, ours, theirs) => /^(empty\.svc|([a-z]+\.)?pod)\.clusterset/.test(name) && ours.code === 3 && isEmpty(theirs),
  ],
  ['outside: refused, so that resolvers ask another server', (_asked, ours, theirs) => ours.code === 5 && theirs.code === 2],
]

export const explainDifference = Object.assign(
  (asked: Asked, ours: ReadAnswer, theirs: ReadAnswer): string | undefined =>
    differences.find(([, applies]) => applies(asked, ours, theirs))?.[0],
  { reasons: differences.map(([reason]) => reason).sort() },
)

/** `ours theirs`, as far as it is to be so. */
const messageDifferences: Readonly<Record<string, RegExp>> = {
  // RFC 1035: the server could not read the question.
  'a header alone': /"code":1,.* .*"code":2,/,
  // A message that ends before it should is malformed.
  'a record that is not there': /"code":1,.* .*"code":0,/,
  // Flags that are said of an answer are not the client's to set.
  'opcode 15 with all flags': /"code":4,"flags":"qr rd cd".* .*"code":4,"flags":"qr tc rd ra ad cd"/,
  // We keep no copy of another server's zone.
  'opcode NOTIFY': /"code":4,.* .*"code":0,/,
}

/** Undefined when both answered alike, or as it is known that they differ. */
export function explainMessageDifference(
  title: string,
  way: string,
  ours: ReadAnswer | undefined,
  theirs: ReadAnswer | undefined,
): string | undefined {
  const [own, other] = [ours, theirs].map((each) => (each === undefined ? 'none' : JSON.stringify(each)))
  if (own === other) return undefined
  const known = messageDifferences[title]?.test(`${own} ${other}`)
  return known ? undefined : `${way}: ours ${own}, theirs ${other}`
}
