import { compilePathMatch } from '../../../../formats/glob/path-match.js'
import { HelmError } from '../helm-error.js'
import type { HelmMajor } from '../helm-major.js'
import type { RenderedChart } from '../template-chart.js'
import { splitDocuments, splitManifests, trimGoSpace } from './split-manifests.js'

export interface OutputOptions {
  readonly includeCrds?: boolean
  readonly noHooks?: boolean
  readonly skipTests?: boolean
  /** Paths below the chart, with `*` and `?`: only what comes from these files is printed. */
  readonly showOnly?: readonly string[]
  /** 3 unless told. */
  readonly helmMajor?: HelmMajor
}

/** The text that `helm template` prints. */
export function formatOutput(chart: RenderedChart, options: OutputOptions = {}): string {
  let text = ''
  const add = (path: string, content: string) => {
    text += `---\n# Source: ${path}\n${content}\n`
  }
  if (options.includeCrds === true) for (const { path, content } of chart.crds) add(path, content)
  for (const { path, content } of chart.manifests) add(path, content)
  text = `${trimGoSpace(text)}\n`
  if (options.noHooks !== true) {
    for (const { path, content, events } of chart.hooks) {
      if (!(options.skipTests === true && events.includes('test'))) add(path, content)
    }
  }
  const showOnly = options.showOnly ?? []
  return showOnly.length === 0 ? text : selected(text, showOnly, options.helmMajor)
}

function selected(text: string, patterns: readonly string[], helmMajor: HelmMajor | undefined): string {
  const documents = (helmMajor === 4 ? splitDocuments : splitManifests)(text).map((content) => ({
    content,
    path: /# Source: [^/]+\/(.+)/.exec(content)?.[1],
  }))
  let out = ''
  for (const pattern of patterns) {
    const matches = matcherOf(pattern)
    const found = documents.filter(({ path }) => path !== undefined && matches(path))
    if (found.length === 0) throw new HelmError(`could not find template ${pattern} in chart`)
    for (const { content } of found) out += `---\n${content}\n`
  }
  return out
}

function matcherOf(pattern: string): (path: string) => boolean {
  try {
    return compilePathMatch(pattern)
  } catch {
    return () => false
  }
}
