/**
 * True of text that something else fills in before it is applied: variables of envsubst and Cluster API (`${NAME}`), templates
 * (`{{ .name }}`), Kustomize variables (`$(NAME)`), `<your-name>`, `__NAME__`, `CHANGE_ME`. Nothing is known of what it will be.
 */
export function isPlaceholder(text: string): boolean {
  return (
    /\$[{(A-Za-z_]|\{\{|\}\}|<[^<>]*>|%[sdv]|__\w+__|\[\[|@\w*@|\.\.\.|…/.test(text) ||
    /replace|change_?-?me|placeholder|example_|your[-_ ]/i.test(text) ||
    (/^[A-Z][A-Z0-9_-]*$/.test(text) && text.length > 2) ||
    /(^|[-./])[A-Z]+_[A-Z_]+([-./]|$)/.test(text)
  )
}

/** True when any text in a value is one. */
export function holdsPlaceholder(value: unknown): boolean {
  if (typeof value === 'string') return isPlaceholder(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, member]) => isPlaceholder(key) || holdsPlaceholder(member))
}
