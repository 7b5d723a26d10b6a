const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/**
 * The name by which a rule reaches a property, undefined when there is none.
 *
 * Reference: Escape of k8s.io/apiserver/pkg/cel.
 */
export function celName(property: string): string | undefined {
  if (property === '' || /^[0-9]/.test(property)) return undefined
  if (reserved.has(property)) return `__${property}__`
  if (/[^a-zA-Z0-9\-./_]/.test(property)) return undefined
  return property.replace(/__|[-./]/g, (part) => {
    if (part === '__') return '__underscores__'
    return part === '-' ? '__dash__' : part === '.' ? '__dot__' : '__slash__'
  })
}
