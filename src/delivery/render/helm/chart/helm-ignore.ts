import { messageOf } from '../../../../base/errors.js'
import { compilePathMatch } from '../../../../formats/glob/path-match.js'
import { HelmError } from '../helm-error.js'

/** Whether a path below the chart is left out. */
export type IgnoreRules = (path: string, isDirectory: boolean) => boolean

interface Rule {
  readonly negated: boolean
  readonly directoriesOnly: boolean
  readonly matches: (path: string) => boolean
}

/**
 * The rules of a .helmignore, one a line: Go path patterns without `**`; a leading `/` binds to the chart's root, a slash
 * inside means the whole path, otherwise the last element counts; a trailing `/` is for directories. The first rule that
 * matches decides; a rule with `!` leaves out everything that it does not match. Hidden files in templates/ never count.
 */
export function parseHelmIgnore(text: string): IgnoreRules {
  const rules: Rule[] = []
  for (const line of `${text.replace(/^\uFEFF/, '')}\ntemplates/.?*`.split(/\r?\n/)) {
    const rule = parseRule(line.trim())
    if (rule !== undefined) rules.push(rule)
  }
  return (path, isDirectory) => {
    if (path === '' || path === '.' || path === './') return false
    for (const rule of rules) {
      if (rule.negated) {
        if ((rule.directoriesOnly && !isDirectory) || !rule.matches(path)) return true
      } else if (!(rule.directoriesOnly && !isDirectory) && rule.matches(path)) return true
    }
    return false
  }
}

function parseRule(text: string): Rule | undefined {
  if (text === '' || text.startsWith('#')) return undefined
  if (text.includes('**')) throw new HelmError('double-star (**) syntax is not supported')
  let pattern = text
  const negated = pattern.startsWith('!')
  if (negated) pattern = pattern.slice(1)
  const directoriesOnly = pattern.endsWith('/')
  if (directoriesOnly) pattern = pattern.slice(0, -1)
  try {
    const rooted = pattern.startsWith('/')
    const matcher = compilePathMatch(rooted ? pattern.slice(1) : pattern)
    const whole = pattern.includes('/')
    return { negated, directoriesOnly, matches: (path) => matcher(whole ? path : path.slice(path.lastIndexOf('/') + 1)) }
  } catch (error) {
    throw new HelmError('syntax error in pattern', {
      cause: error,
      fix: `Correct the rule ${text} in .helmignore: ${messageOf(error)}`,
    })
  }
}
