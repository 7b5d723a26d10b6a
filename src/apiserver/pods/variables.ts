/** Replaces `$(NAME)`; `$$(NAME)` stays as `$(NAME)`, and so does a name that is not known. */
export function expandVariables(text: string, variable: (name: string) => string | undefined): string {
  let result = ''
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== '$' || index + 1 >= text.length) {
      result += text[index]
      continue
    }
    const next = text[index + 1]
    if (next === '$') {
      result += '$'
      index++
      continue
    }
    const end = next === '(' ? text.indexOf(')', index + 2) : -1
    if (end === -1) {
      result += '$'
      continue
    }
    const name = text.slice(index + 2, end)
    result += variable(name) ?? `$(${name})`
    index = end
  }
  return result
}
