import { CodedError } from '../../base/errors.js'

/** The reference tokens of a JSON pointer (RFC 6901), unescaped: `/a~1b/0` is `['a/b', '0']`, the empty text is the root. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) {
    throw new CodedError({
      code: 'json-pointer-invalid',
      message: `expected a JSON pointer that is empty or starts with "/", found "${pointer}"`,
      fix: 'Write it as in RFC 6901, for instance /spec/replicas; a "/" inside a key is ~1, a "~" is ~0.',
    })
  }
  return pointer.slice(1).split('/').map(unescapeToken)
}

/** The pointer of reference tokens. */
export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** `~1` is `/`, `~0` is `~`, in one pass. */
export function unescapeToken(token: string): string {
  return token.includes('~') ? token.replace(/~[01]/g, (sequence) => (sequence === '~1' ? '/' : '~')) : token
}

/** What the pointer leads to; undefined when a step is missing. */
export function resolvePointer(document: unknown, pointer: string): unknown {
  let current = document
  for (const token of parsePointer(pointer)) {
    if (Array.isArray(current)) {
      if (!/^(0|[1-9][0-9]*)$/.test(token)) return undefined
      current = current[Number(token)]
    } else if (typeof current === 'object' && current !== null) {
      if (!Object.hasOwn(current, token)) return undefined
      current = (current as Record<string, unknown>)[token]
    } else return undefined
  }
  return current
}
