const label = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?'
const labelPattern = new RegExp(`^${label}$`)
const wildcardPattern = new RegExp(`^(?:\\*|(?:\\*|\\*-)?${label})$`)
const keyPattern = new RegExp(`^(?:(${label}(?:\\.${label})*)/)?((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`)
const valuePattern = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

/** Istio takes upper case, too. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && labelPattern.test(text)
}

/** Why a name is no domain name; undefined when it is one. */
export function explainDomain(name: string): string | undefined {
  return explainLength(name) ?? explainLabels(name)
}

/** As `explainDomain`, with a wildcard allowed in the first label. */
export function explainWildcardDomain(name: string): string | undefined {
  const tooLong = explainLength(name)
  if (tooLong !== undefined) return tooLong
  const dot = name.indexOf('.')
  const first = dot < 0 ? name : name.slice(0, dot)
  if (first.length > 63 || !wildcardPattern.test(first)) {
    return `domain name ${quote(name)} invalid (label ${quote(first)} invalid)`
  }
  return dot < 0 ? undefined : explainLabels(name.slice(dot + 1))
}

function explainLength(name: string): string | undefined {
  if (new TextEncoder().encode(name).length > 255) return `domain name ${quote(name)} too long (max 255)`
  return name === '' ? 'empty domain name not allowed' : undefined
}

function explainLabels(name: string): string | undefined {
  const parts = name.split('.')
  const top = parts[parts.length - 1]!
  if (/^[+-]?\d{1,18}$/.test(top)) {
    return `domain name ${quote(name)} invalid (top level domain ${quote(top)} cannot be all-numeric)`
  }
  for (const [index, part] of parts.entries()) {
    // The last part may be empty, for names like `istio.io.`
    if (index === parts.length - 1 && part === '') return undefined
    if (!isLabel(part)) return `domain name ${quote(name)} invalid (label ${quote(part)} invalid)`
  }
  return undefined
}

/** What is wrong with labels, one text each. */
export function explainLabelMap(labels: Readonly<Record<string, string>>): string[] {
  const problems: string[] = []
  for (const [key, value] of Object.entries(labels)) {
    const match = keyPattern.exec(key)
    if (match === null) problems.push(`invalid tag key: ${quote(key)}`)
    else if ((match[1] ?? '').length > 253) problems.push(`invalid tag key: ${quote(key)} (DNS prefix is too long)`)
    else if (match[2]!.length > 63) problems.push(`invalid tag key: ${quote(key)} (name is too long)`)
    if (!valuePattern.test(value)) problems.push(`invalid tag value: ${quote(value)}`)
  }
  return problems
}

export function quote(text: string): string {
  return JSON.stringify(text)
}
