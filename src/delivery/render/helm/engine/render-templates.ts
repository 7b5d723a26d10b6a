import { compareText } from '../../../../base/compare-text.js'
import { messageOf } from '../../../../base/errors.js'
import { currentWorkTime } from '../../../../base/work-time.js'
import { TemplateBudgetError, TemplateExecutionError, TemplateParseError } from '../../../../formats/go-template/errors.js'
import type { Budget } from '../../../../formats/go-template/exec.js'
import type { FunctionTable } from '../../../../formats/go-template/functions.js'
import { createParseCache, Template } from '../../../../formats/go-template/template.js'
import { type Chart, fullPathOf, isLibrary } from '../chart/chart.js'
import { textOf } from '../chart/load-chart.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'
import { tableAt, type Values } from '../values/values.js'
import { chartMap, chartValue } from './chart-value.js'
import { formatTrace } from './error-trace.js'
import { filesValue } from './files-value.js'
import { valuesValue } from './values-value.js'

/** What templates see besides their chart and values. */
export interface Scope {
  readonly release: Readonly<Record<string, unknown>>
  readonly capabilities: unknown
  readonly values: Values
  readonly helmMajor: HelmMajor
}

export interface RenderLimits {
  /** Milliseconds of some clock that only goes forward; absent: time is not limited. */
  readonly elapsed?: () => number
  /** What one chart may take; 30 s unless told. Where the work that it is part of is limited, what is left of that. */
  readonly maxMilliseconds?: number
}

/** What one chart may take unless told. */
export const chartMilliseconds = 30_000

interface Renderable {
  readonly text: string
  readonly scope: Record<string, unknown>
  readonly basePath: string
}

/**
 * What a chart may do: all its templates share the steps (large public charts take half a million), each has its output.
 */
const budget: Budget = { steps: 5_000_000, outputBytes: 64 * 1024 * 1024, depth: 600 }
const maxOutput = 128 * 1024 * 1024
const parsed = createParseCache(32 * 1024 * 1024)

/** The name of Helm's template set; `tpl` texts are called so in messages. */
export const setName = 'gotpl'

/**
 * Executes all templates of a chart and of those inside it, in one set: deeper files are parsed first, so that a parent's
 * definitions win. Partials (`_*`) give no output of their own. The result is by file name, in Helm's order.
 */
export function renderTemplates(
  chart: Chart,
  scope: Scope,
  functions: FunctionTable,
  limits: RenderLimits = {},
): Map<string, string> {
  const templates = new Map<string, Renderable>()
  collect(chart, templates, scope, scope.values)
  const { helmMajor } = scope
  const names = [...templates.keys()].sort(byDepth)
  const spent = { steps: 0 }
  const set = new Template(setName, { functions, missingKey: 'zero', budget: { ...budget, spent, ...timeOf(limits) }, parsed })
  for (const name of names) {
    try {
      set.add(name, templates.get(name)!.text)
    } catch (error) {
      if (error instanceof TemplateParseError) throw parseError(name, error)
      throw error
    }
  }
  const rendered = new Map<string, string>()
  let size = 0
  for (const name of names) {
    if (name.slice(name.lastIndexOf('/') + 1).startsWith('_')) continue
    const { scope: data, basePath } = templates.get(name)!
    data['Template'] = valuesValue({ Name: name, BasePath: basePath }, helmMajor)
    try {
      const text = set.executeTemplate(name, valuesValue(data, helmMajor))
      rendered.set(name, text.includes('<no value>') ? text.replaceAll('<no value>', '') : text)
      size += text.length
      if (size > maxOutput) throw new HelmError(`${name}: the chart's output is larger than ${maxOutput} characters`)
    } catch (error) {
      throw executionError(name, error, helmMajor)
    }
  }
  return rendered
}

function collect(chart: Chart, into: Map<string, Renderable>, scope: Scope, values: Values): Record<string, unknown> {
  const subcharts: Record<string, unknown> = {}
  const next: Record<string, unknown> = {
    Chart: scope.helmMajor === 4 ? chartMap(chart) : chartValue(chart),
    Files: filesValue(chart.files),
    Release: scope.release,
    Capabilities: scope.capabilities,
    Values: valuesValue(values, scope.helmMajor),
    Subcharts: subcharts,
  }
  for (const child of chart.dependencies) {
    const { name } = child.metadata
    subcharts[name] = collect(child, into, scope, tableAt(values, name) ?? {})
  }
  const path = fullPathOf(chart)
  for (const template of chart.templates) {
    if (isLibrary(chart) && !template.name.slice(template.name.lastIndexOf('/') + 1).startsWith('_')) continue
    into.set(`${path}/${template.name}`, { text: textOf(template), scope: next, basePath: `${path}/templates` })
  }
  return next
}

function byDepth(a: string, b: string): number {
  const depth = b.split('/').length - a.split('/').length
  return depth === 0 ? compareText(b, a) : depth
}

function parseError(name: string, error: TemplateParseError): HelmError {
  const tokens = error.message.split(': ')
  if (tokens.length === 1) return new HelmError(`parse error in (${name}): ${error.message}`, { cause: error })
  return new HelmError(`parse error at (${tokens[1]}): ${tokens.at(-1)}`, { cause: error })
}

/** `required` and `fail` mark their messages, so that they can be shown without the calls around them. */
export function marked(message: string): string {
  return `HELM_ERR_START${message}HELM_ERR_END`
}

function timeOf({ elapsed, maxMilliseconds = chartMilliseconds }: RenderLimits): Pick<Budget, 'time'> {
  const work = currentWorkTime()
  if (work !== undefined)
    return { time: { elapsed: work.elapsed, endsAt: work.elapsed() + work.left, problem: () => work.problem() } }
  return elapsed === undefined ? {} : { time: { elapsed, endsAt: elapsed() + maxMilliseconds } }
}

function executionError(name: string, error: unknown, helmMajor: HelmMajor): unknown {
  if (error instanceof TemplateBudgetError)
    return new HelmError(`rendering ${name} failed: ${messageOf(error)}`, { cause: error })
  if (!(error instanceof TemplateExecutionError)) return error
  const { message } = error
  const first = message.indexOf(': ')
  const second = message.indexOf(': ', first + 2)
  if (first === -1 || second === -1) return new HelmError(`execution error in (${name}): ${message}`, { cause: error })
  const found = /HELM_ERR_START([\s\S]*)HELM_ERR_END/.exec(message.slice(second + 2))
  if (found !== null)
    return new HelmError(`execution error at (${message.slice(first + 2, second)}): ${found[1]}`, { cause: error })
  return new HelmError((helmMajor === 4 ? formatTrace(error) : undefined) ?? message, { cause: error })
}
