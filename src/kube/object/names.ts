// The syntax of names, labels and ports. Each `explain*` gives what is wrong in the texts that an API server answers with,
// empty when the value is valid.

const qualifiedNamePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`
const dns1035Pattern = '[a-z]([-a-z0-9]*[a-z0-9])?'
const configKeyPattern = '[-._a-zA-Z0-9]+'

const qualifiedName = whole(qualifiedNamePattern)
const labelValue = whole(`(${qualifiedNamePattern})?`)
const dns1123Label = whole(labelPattern)
const dns1123Subdomain = whole(subdomainPattern)
const dns1035Label = whole(dns1035Pattern)
const configKey = whole(configKeyPattern)

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

/** RFC 1123 label, at most 63 characters: names of namespaces, containers, volumes. */
export function isDns1123Label(value: string): boolean {
  return value.length <= 63 && dns1123Label.test(value)
}

/** RFC 1123 subdomain, at most 253 characters: names of most objects. */
export function isDns1123Subdomain(value: string): boolean {
  return value.length <= 253 && dns1123Subdomain.test(value)
}

/** RFC 1035 label, at most 63 characters: names of Services. */
export function isDns1035Label(value: string): boolean {
  return value.length <= 63 && dns1035Label.test(value)
}

export function isLabelValue(value: string): boolean {
  return value.length <= 63 && labelValue.test(value)
}

/** `name` or `prefix/name`: keys of labels, annotations, conditions, finalizers. */
export function isQualifiedName(value: string): boolean {
  const slash = value.indexOf('/')
  const name = slash < 0 ? value : value.slice(slash + 1)
  return name.length <= 63 && qualifiedName.test(name) && (slash < 0 || isDns1123Subdomain(value.slice(0, slash)))
}

export function explainDns1123Label(value: string): string[] {
  if (value.includes('.') && dns1123Subdomain.test(value)) {
    return [...(byteLength(value) > 63 ? ['must be no more than 63 characters'] : []), 'must not contain dots']
  }
  return explain(value, {
    most: 63,
    valid: dns1123Label,
    pattern: labelPattern,
    rule: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    examples: ['my-name', '123-abc'],
  })
}

export function explainDns1123Subdomain(value: string): string[] {
  return explain(value, {
    most: 253,
    valid: dns1123Subdomain,
    pattern: subdomainPattern,
    rule: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    examples: ['example.com'],
  })
}

export function explainDns1035Label(value: string): string[] {
  return explain(value, {
    most: 63,
    valid: dns1035Label,
    pattern: dns1035Pattern,
    rule: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    examples: ['my-name', 'abc-123'],
  })
}

export function explainLabelValue(value: string): string[] {
  return explain(value, {
    most: 63,
    valid: labelValue,
    pattern: `(${qualifiedNamePattern})?`,
    rule: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    examples: ['MyValue', 'my_value', '12345'],
  })
}

/** Keys of ConfigMaps and Secrets. */
export function explainConfigKey(value: string): string[] {
  const found = explain(value, {
    most: 253,
    valid: configKey,
    pattern: configKeyPattern,
    rule: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    examples: ['key.name', 'KEY_NAME', 'key-name'],
  })
  if (value === '.') found.push("must not be '.'")
  else if (value === '..') found.push("must not be '..'")
  else if (value.startsWith('..')) found.push("must not start with '..'")
  return found
}

export function explainQualifiedName(value: string): string[] {
  const parts = value.split('/')
  const rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  const shape = { valid: qualifiedName, pattern: qualifiedNamePattern, examples: ['MyName', 'my.name', '123-abc'] }
  if (parts.length > 2) {
    return [
      `a qualified name ${withExamples({ rule, ...shape })} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts[parts.length - 1] as string
  const found: string[] = []
  if (parts.length === 2) {
    const prefix = parts[0] as string
    if (prefix === '') found.push('prefix part must be non-empty')
    else found.push(...explainDns1123Subdomain(prefix).map((text) => `prefix part ${text}`))
  }
  if (name === '') found.push('name part must be non-empty')
  found.push(...explain(name, { most: 63, rule, ...shape }).map((text) => `name part ${text}`))
  return found
}

interface Syntax {
  readonly most: number
  readonly valid: RegExp
  readonly pattern: string
  readonly rule: string
  readonly examples: readonly string[]
}

function explain(value: string, syntax: Syntax): string[] {
  const found: string[] = []
  if (byteLength(value) > syntax.most) found.push(`must be no more than ${syntax.most} characters`)
  if (!syntax.valid.test(value)) found.push(withExamples(syntax))
  return found
}

function withExamples({ rule, examples, pattern }: Omit<Syntax, 'most' | 'valid'>): string {
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`
}

function byteLength(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
