/**
 * Finds keys that stand twice in one object of a JSON text, which JSON.parse forgives: `duplicate field "spec.replicas"`, as
 * upstream words them. The text must be valid JSON. One pass; the path is put together only for a duplicate.
 */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  // For each open object its keys, for each open array undefined; beside it the key or index that is being read.
  const open: (Set<string> | undefined)[] = []
  const at: (string | number)[] = []
  let expectKey = false
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x7b: // {
        open.push(new Set())
        at.push('')
        expectKey = true
        break
      case 0x5b: // [
        open.push(undefined)
        at.push(0)
        expectKey = false
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        at.pop()
        expectKey = false
        break
      case 0x2c: {
        // ,
        const keys = open[open.length - 1]
        expectKey = keys !== undefined
        if (keys === undefined && at.length > 0) (at[at.length - 1] as number)++
        break
      }
      case 0x22: {
        // "
        const end = endOfString(text, index)
        if (expectKey) {
          expectKey = false
          const raw = text.slice(index + 1, end)
          const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
          const keys = open[open.length - 1]
          at[at.length - 1] = key
          if (keys?.has(key)) found.push(`duplicate field ${JSON.stringify(pathOf(at))}`)
          else keys?.add(key)
        }
        index = end
        break
      }
    }
    if (found.length >= mostFound) break
  }
  return [...new Set(found)]
}

const mostFound = 100

function endOfString(text: string, start: number): number {
  let index = start + 1
  for (;;) {
    const quote = text.indexOf('"', index)
    if (quote < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return quote
    index = quote + 1
  }
}

function pathOf(at: readonly (string | number)[]): string {
  let path = ''
  for (const part of at) path += typeof part === 'number' ? `[${part}]` : path === '' ? part : `.${part}`
  return path
}
