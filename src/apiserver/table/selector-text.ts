import { listAt, mapAt, textAt } from './fields.js'

/** `a=1,b=2` in the order of the keys; `<none>` for none. */
export function labelsText(labels: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(labels).sort()
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${String(labels[key])}`).join(',')
}

/** A metav1.LabelSelector as kubectl shows it: `app=web,tier in (a,b),!old`. */
export function selectorText(selector: unknown): string {
  if (selector === undefined || selector === null) return '<none>'
  const terms = Object.entries(mapAt(selector, 'matchLabels')).map(([key, value]) => ({ key, text: `${key}=${String(value)}` }))
  for (const expression of listAt(selector, 'matchExpressions')) {
    const key = textAt(expression, 'key')
    const values = `(${listAt(expression, 'values').map(String).sort().join(',')})`
    switch (textAt(expression, 'operator')) {
      case 'In':
        terms.push({ key, text: `${key} in ${values}` })
        break
      case 'NotIn':
        terms.push({ key, text: `${key} notin ${values}` })
        break
      case 'Exists':
        terms.push({ key, text: key })
        break
      case 'DoesNotExist':
        terms.push({ key, text: `!${key}` })
        break
    }
  }
  if (terms.length === 0) return '<none>'
  return terms
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',')
}
