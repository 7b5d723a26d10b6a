import { isObject } from '../../../base/json.js'
import type { Call, Word } from '../model/call.js'
import { Document } from '../model/document.js'
import { HelmValues, type HelmValuesOptions, type KnownTool } from '../model/helm-values.js'
import { Locator } from '../model/locator.js'
import type { Path, Spot } from '../model/spot.js'
import { ownNames } from './make-values.js'
import { chartTools } from './recognise.js'

/**
 * The values that a script gives to the chart of a known tool with `--set`: `helm install` and `upgrade`, `cilium install`,
 * `istioctl install`. Together with a values file they are only a part, of which nothing is said; so is what a shell fills in.
 */
export function valuesOfCall(call: Call): HelmValues[] {
  if (call.inComment || /\.(md|markdown)$/.test(call.file)) return []
  const found = toolOf(call)
  if (found === undefined || call.flagWord('values', 'f', 'reuse-values', 'reset-then-reuse-values', 'helm-values') !== undefined)
    return []
  const value: Record<string, unknown> = {}
  const words = new Map<string, Word>()
  for (const [flag, isText] of [
    ['set', false],
    ['helm-set', false],
    ['set-string', true],
  ] as const)
    for (const { text, word } of given(call, flag))
      for (const piece of pieces(text)) {
        const equals = piece.indexOf('=')
        const path = equals === -1 ? [] : pathOf(piece.slice(0, equals), found.tool)
        const written = piece.slice(equals + 1)
        if (path.length === 0 || /[$`]/.test(piece)) continue
        put(value, path, isText ? written : scalarOf(written))
        for (let length = 1; length <= path.length; length++) words.set(path.slice(0, length).join('.'), word)
      }
  if (words.size === 0) return []
  const context = call.flag('kube-context', 'context')
  const cluster = context === undefined || context.includes('$') ? undefined : context
  const document = new Document({
    value,
    role: 'fragment',
    source: call.file,
    text: {
      file: call.file,
      text: '',
      linesBefore: 0,
      offset: 0,
      indent: 0,
      fixed: { file: call.file, line: call.line, column: call.column },
    },
    locator: new Locator(),
    ...(cluster === undefined ? {} : { cluster }),
  })
  const version = call.flag('version')
  const options = { tool: found.tool, document, root: [], ...(version === undefined ? {} : { chartVersion: version }) }
  const own = ownNames[found.tool]
  const named = cluster ?? (own === undefined ? undefined : document.text(...own))
  return [new CallValues({ ...options, cluster: named }, call, words)]
}

/** Points at the word that gives a value. */
class CallValues extends HelmValues {
  readonly #call: Call
  readonly #words: ReadonlyMap<string, Word>

  constructor(options: HelmValuesOptions, call: Call, words: ReadonlyMap<string, Word>) {
    super(options)
    this.#call = call
    this.#words = words
  }

  override at(...path: Path): Spot {
    for (let length = path.length; length > 0; length--) {
      const word = this.#words.get(path.slice(0, length).join('.'))
      if (word !== undefined) return this.#call.spot(word)
    }
    return this.#call.at()
  }

  override atKey(...path: Path): Spot {
    return this.at(...path)
  }
}

function toolOf(call: Call): { tool: KnownTool } | undefined {
  const verb = call.words[0]?.text
  if (verb !== 'install' && verb !== 'upgrade') return undefined
  if (call.program === 'cilium') return { tool: 'cilium' }
  if (call.program === 'istioctl') return { tool: 'istio' }
  if (call.program !== 'helm') return undefined
  for (const { text } of call.words.slice(1)) {
    const name = text.slice(text.lastIndexOf('/') + 1)
    const tool = Object.hasOwn(chartTools, name) ? chartTools[name] : undefined
    if (tool !== undefined && name !== 'base' && !text.startsWith('-') && (text.includes('/') || call.flag('repo') !== undefined))
      return { tool }
  }
  return undefined
}

function given(call: Call, flag: string): { text: string; word: Word }[] {
  return call.words.flatMap((word, index) => {
    if (word.text.startsWith(`--${flag}=`)) return [{ text: word.text.slice(flag.length + 3), word }]
    const next = call.words[index + 1]
    return word.text === `--${flag}` && next !== undefined ? [{ text: next.text, word: next }] : []
  })
}

/** Parted by commas, but for those in `{a,b}` and behind a backslash. */
function pieces(text: string): string[] {
  return text.match(/(?:\\.|\{[^{}]*\}|[^,\\])+/g) ?? []
}

/** `a.b\.c` as keys; of istioctl, whose values stand below `values`. Items of lists are left out. */
function pathOf(text: string, tool: KnownTool): string[] {
  const keys = (text.match(/(?:\\.|[^.\\])+/g) ?? []).map((key) => key.replaceAll('\\', ''))
  if (keys.some((key) => key.includes('[') || key === '__proto__')) return []
  return tool === 'istio' && keys[0] === 'values' ? keys.slice(1) : keys
}

function scalarOf(text: string): unknown {
  if (/^\{.*\}$/.test(text)) return text.slice(1, -1).split(',').filter(Boolean)
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text.replaceAll('\\,', ',')
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = into
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined
    const map: Record<string, unknown> = isObject(next) ? next : {}
    at[key] = map
    at = map
  }
  at[path[path.length - 1]!] = value
}
