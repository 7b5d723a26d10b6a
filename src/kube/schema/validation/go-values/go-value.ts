import { goTypes } from './go-types.generated.js'

/** A value of kube-apiserver's own types, made of the JSON that stands for it. */
export interface GoValue {
  readonly type: string
  readonly kind: 'string' | 'bool' | 'int' | 'struct' | 'pointer' | 'slice' | 'map' | 'time'
  /** As Go prints it: of texts, numbers and truth values. */
  readonly text: string
  readonly isZero: boolean
  /** Absent: nil. */
  readonly pointee?: GoValue
  readonly items?: readonly GoValue[]
  readonly entries?: readonly (readonly [string, GoValue])[]
  readonly fields?: readonly (readonly [string, GoValue])[]
  /** Compared as a whole, whatever it is made of. */
  readonly isWhole?: boolean
}

/** What the versioned type has elsewhere. */
const moved: Readonly<Record<string, (json: JsonMap) => JsonMap>> = {
  'core.PodSpec': ({ securityContext, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, ...rest }) => ({
    ...rest,
    securityContext: { ...mapOf(securityContext), hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers },
  }),
}

type JsonMap = Readonly<Record<string, unknown>>

export function goValue(type: string, json: unknown): GoValue {
  const given = json === null ? undefined : json
  if (type.startsWith('*')) {
    const base = { type, kind: 'pointer', text: 'nil', isZero: given === undefined } as const
    return given === undefined ? base : { ...base, pointee: goValue(type.slice(1), given) }
  }
  if (type === 'resource.Quantity')
    return quantity(typeof given === 'string' || typeof given === 'number' ? String(given) : undefined)
  if (type === 'intstr.IntOrString') return intOrString(given)
  if (type === 'v1.Time') return { type, kind: 'time', text: String(given ?? ''), isZero: given === undefined, isWhole: true }
  const stands = goTypes[type] ?? type
  const list = /^\[\](.*)$/.exec(stands)?.[1]
  if (list !== undefined) {
    const base = { type, kind: 'slice', text: 'nil', isZero: given === undefined } as const
    return given === undefined ? base : { ...base, items: arrayOf(given).map((item) => goValue(list, item)) }
  }
  const map = /^map\[([\w.]+)\](.*)$/.exec(stands)
  if (map !== null) {
    const base = { type, kind: 'map', text: 'nil', isZero: given === undefined } as const
    if (given === undefined) return base
    const keys = Object.keys(mapOf(given)).sort()
    const key = (name: string) => (map[1] === 'core.ResourceName' ? `s${quote(name)}` : quote(name))
    return { ...base, entries: keys.map((name) => [key(name), goValue(map[2] as string, mapOf(given)[name])]) }
  }
  if (stands === 'bool') return { type, kind: 'bool', text: String(given === true), isZero: given !== true }
  if (/^u?int(8|16|32|64)?$/.test(stands)) {
    const text = typeof given === 'number' || typeof given === 'bigint' || typeof given === 'object' ? String(given ?? 0) : '0'
    return { type, kind: 'int', text, isZero: text === '0' }
  }
  if (goTypes[type] !== undefined && stands.includes(' ')) return struct(type, stands, mapOf(given))
  if (goTypes[type] !== undefined && goTypes[stands] !== undefined) return { ...goValue(stands, given), type }
  const text = typeof given === 'string' ? given : ''
  return { type, kind: 'string', text, isZero: text === '' }
}

function struct(type: string, fields: string, given: JsonMap): GoValue {
  const json = moved[type]?.(given) ?? given
  const byName = new Map(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]))
  const values = fields.split('|').map((field): readonly [string, GoValue] => {
    const [name = '', of] = field.split(' ')
    // What is embedded has its members beside the others; but for metadata, which has a name in JSON.
    if (of === undefined) {
      const embedded = name.split('.').at(-1) as string
      return [embedded, goValue(name, embedded === 'ObjectMeta' ? json['metadata'] : json)]
    }
    return [name, goValue(of, byName.get(name.toLowerCase()))]
  })
  return { type, kind: 'struct', text: '', isZero: values.every(([, value]) => value.isZero), fields: values }
}

const suffixes: Readonly<Record<string, readonly [number, number, string]>> = {
  n: [10, -9, 'DecimalSI'],
  u: [10, -6, 'DecimalSI'],
  m: [10, -3, 'DecimalSI'],
  '': [10, 0, 'DecimalSI'],
  k: [10, 3, 'DecimalSI'],
  M: [10, 6, 'DecimalSI'],
  G: [10, 9, 'DecimalSI'],
  T: [10, 12, 'DecimalSI'],
  P: [10, 15, 'DecimalSI'],
  E: [10, 18, 'DecimalSI'],
  Ki: [2, 10, 'BinarySI'],
  Mi: [2, 20, 'BinarySI'],
  Gi: [2, 30, 'BinarySI'],
  Ti: [2, 40, 'BinarySI'],
  Pi: [2, 50, 'BinarySI'],
  Ei: [2, 60, 'BinarySI'],
}

/** How a quantity keeps its amount: a whole number and a power of ten. */
function quantity(text: string | undefined): GoValue {
  const type = 'resource.Quantity'
  const [, sign = '', whole = '0', part = '', suffix = ''] = /^([+-]?)(\d*)(?:\.(\d*))?([A-Za-z]*)$/.exec(text ?? '0') ?? []
  const [base, power, format] = suffixes[suffix] ?? [10, 0, 'DecimalSI']
  const digits = BigInt(`${whole}${part}` || '0')
  const value = base === 2 ? (digits << BigInt(power)) / 10n ** BigInt(part.length) : digits
  const scale = base === 2 ? 0 : power - part.length
  const named = (name: string, of: string, kind: 'int' | 'string', shown: string): readonly [string, GoValue] => [
    name,
    { type: of, kind, text: shown, isZero: shown === '' || shown === '0' },
  ]
  const amount = [
    named('value', 'int64', 'int', `${sign === '-' ? '-' : ''}${value}`),
    named('scale', 'resource.Scale', 'int', String(scale)),
  ]
  const infinite: GoValue = {
    type: 'resource.infDecAmount',
    kind: 'struct',
    text: '',
    isZero: true,
    fields: [['Dec', { type: '*inf.Dec', kind: 'pointer', text: 'nil', isZero: true }]],
  }
  return {
    type,
    kind: 'struct',
    text: text ?? '0',
    isZero: text === undefined,
    isWhole: true,
    fields: [
      ['i', { type: 'resource.int64Amount', kind: 'struct', text: '', isZero: value === 0n && scale === 0, fields: amount }],
      ['d', infinite],
      named('s', 'string', 'string', text ?? ''),
      named('Format', 'resource.Format', 'string', text === undefined ? '' : format),
    ],
  }
}

function intOrString(given: unknown): GoValue {
  const isText = typeof given === 'string'
  const int = (name: string, type: string, value: number): readonly [string, GoValue] => [
    name,
    { type, kind: 'int', text: String(value), isZero: value === 0 },
  ]
  const number = isText ? 0 : Number(given ?? 0)
  return {
    type: 'intstr.IntOrString',
    kind: 'struct',
    text: '',
    isZero: number === 0 && !isText,
    fields: [
      int('Type', 'intstr.Type', isText ? 1 : 0),
      int('IntVal', 'int32', number),
      ['StrVal', { type: 'string', kind: 'string', text: isText ? given : '', isZero: !isText || given === '' }],
    ],
  }
}

export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\\b', '\\b').replaceAll('\u007f', '\\x7f')
}

function mapOf(value: unknown): JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonMap) : {}
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
