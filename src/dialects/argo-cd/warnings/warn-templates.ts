import { closest } from '../../../base/closest.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { TemplateBudgetError } from '../../../formats/go-template/errors.js'
import type { FunctionTable } from '../../../formats/go-template/functions.js'
import { parseTemplate } from '../../../formats/go-template/template.js'
import type { Params } from '../application-set/params.js'
import type { TextRenderer } from '../application-set/text-renderer.js'
import { listNames } from './list-names.js'
import type { TemplateText } from './template-texts.js'

/** The parameters that generators give and people write: a Go template of one of these was meant as one. */
const goTag = /\{\{-?\s*\.(name|nameNormalized|server|project|metadata|values|path)\b[^}]*\}\}/

/** Templates that cannot be read at all, and Go templates where they are not asked for. Needs no parameters. */
export function warnTemplateForms(texts: readonly TemplateText[], goTemplate: boolean, functions: FunctionTable): string[] {
  return texts.flatMap(({ path, text }) => {
    if (!goTemplate) {
      const tag = goTag.exec(text)?.[0]
      if (tag === undefined) return []
      return [`${path}: ${tag} is a Go template, which stays as it is without spec.goTemplate: true`]
    }
    try {
      parseTemplate('base', text, { functions })
      return []
    } catch (error) {
      return [`${path}: ${explainGoError(error)}`]
    }
  })
}

/** What parameters miss that templates need: `<no value>`, a tag that stays, an error. Each place is told once, with the sets. */
export function warnMissingParams(texts: readonly TemplateText[], sets: readonly Params[], text: TextRenderer): string[] {
  const found = new Map<string, string[]>()
  for (const params of sets) {
    const name = typeof params['name'] === 'string' ? params['name'] : `parameters ${sets.indexOf(params) + 1}`
    for (const each of texts) {
      for (const problem of text.goTemplate ? goProblems(each, params, text) : fastProblems(each, params, text)) {
        const names = found.get(problem)
        if (names) names.push(name)
        else found.set(problem, [name])
      }
    }
  }
  return [...found].map(([problem, names]) => problem.replace(forWhom, listNames(names)))
}

const forWhom = '\u0000'

function goProblems({ path, text: template }: TemplateText, params: Params, text: TextRenderer): string[] {
  let output: string
  try {
    output = text.render(template, params)
  } catch (error) {
    if (error instanceof TemplateBudgetError) throw error
    const missing = missingKey(error)
    // Templates that cannot be read have been told of without parameters.
    if (missing === undefined) return isParseError(error) ? [] : [`${path}: ${explainGoError(error)} (${forWhom})`]
    return [`${path}: ${missing.what} for ${forWhom}, and nothing is generated until it is there`]
  }
  if (!output.includes('<no value>')) return []
  try {
    text.render(template, params, 'error')
    // It stood in a parameter already: the place where it came from is told of.
    return []
  } catch (error) {
    const missing = missingKey(error)
    if (missing === undefined) return []
    return [
      `${path}: {{${missing.expression}}} becomes "<no value>" for ${forWhom}: ${missing.fix}, or goTemplateOptions: ["missingkey=error"] so that nothing is deployed instead`,
    ]
  }
}

function missingKey(error: unknown): { expression: string; what: string; fix: string } | undefined {
  const match = /at <(.+?)>: map has no entry for key "(.+?)"/.exec(messageOf(error))
  if (match === null) return undefined
  const [, expression = '', key = ''] = match
  const label = /^\.metadata\.(labels|annotations)\.(\S+)$/.exec(expression)
  if (label) {
    const kind = label[1] === 'labels' ? 'label' : 'annotation'
    return { expression, what: `the ${kind} ${label[2]} is missing`, fix: `set the ${kind} ${label[2]}` }
  }
  return { expression, what: `the parameter ${key} is missing`, fix: `give the parameter ${key}` }
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'template-parse-failed'
}

function explainGoError(error: unknown): string {
  const message = messageOf(error)
  const name = /function "(\w+)" not defined/.exec(message)?.[1]
  if (name === undefined) return message
  return `${message}: with spec.goTemplate: true parameters begin with a dot: {{ .${name} }}`
}

function fastProblems({ path, text: template }: TemplateText, params: Params, text: TextRenderer): string[] {
  let output: string
  try {
    output = text.render(template, params)
  } catch (error) {
    return [`${path}: ${messageOf(error)}`]
  }
  return [...output.matchAll(/\{\{([^{}\n]*)\}\}/g)].flatMap(([tag, inner = '']) => {
    const key = inner.trim()
    const label = /^metadata\.(labels|annotations)\.(\S+)$/.exec(key)
    if (label) {
      const kind = label[1] === 'labels' ? 'label' : 'annotation'
      return [`${path}: ${tag} stays as it is for ${forWhom}, without the ${kind} ${label[2]}: set it`]
    }
    // What looks like no parameter may be meant for someone else.
    const known = Object.keys(params).filter((each) => !isObject(params[each]))
    const meant = /^[A-Za-z][\w.-]*$/.test(key) ? closest(key, known) : undefined
    if (meant !== undefined) return [`${path}: ${tag} stays as it is: there is no parameter ${key}, did you mean ${meant}?`]
    return key.startsWith('values.') ? [`${path}: ${tag} stays as it is: the generator has no ${key}`] : []
  })
}
