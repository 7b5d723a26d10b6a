import { type Document, type DocumentText, KubeDocument } from '../model/document.js'
import type { Locator } from '../model/locator.js'
import type { Path, Spot } from '../model/spot.js'

export interface Embedded {
  readonly text: DocumentText
  readonly parent: Spot
}

/** Texts within objects that are documents of their own: configuration in ConfigMaps and Secrets. */
export function embeddedTexts(document: Document, locator: Locator): Embedded[] {
  if (!(document instanceof KubeDocument)) return []
  if (document.group !== '') return valuesTexts(document, locator)
  if (document.kind !== 'ConfigMap' && document.kind !== 'Secret') return []
  const found: Embedded[] = []
  const members: Path[] = []
  for (const key of document.keys('data')) if (document.kind === 'ConfigMap') members.push(['data', key])
  for (const key of document.keys('stringData')) members.push(['stringData', key])
  for (const path of members) {
    const content = document.text(...path)
    if (content === undefined || content.length > 1_000_000 || !looksLikeConfiguration(String(path[1]), content)) continue
    const text = textOf(document, path, content, locator)
    if (text !== undefined) found.push({ text, parent: document.at(...path) })
  }
  return found
}

/** Values of charts that are written as text. Templates of values are left alone: they are no YAML yet. */
function valuesTexts(document: KubeDocument, locator: Locator): Embedded[] {
  const paths: Path[] = []
  if (document.kind === 'Application' && document.group === 'argoproj.io') {
    paths.push(['spec', 'source', 'helm', 'values'])
    for (const index of document.items('spec', 'sources').keys()) paths.push(['spec', 'sources', index, 'helm', 'values'])
  } else if (document.kind === 'HelmChart' || document.kind === 'HelmChartConfig') paths.push(['spec', 'valuesContent'])
  return paths.flatMap((path) => {
    const content = document.text(...path)
    if (content === undefined || content.includes('{{')) return []
    const text = textOf(document, path, content, locator)
    return text === undefined ? [] : [{ text, parent: document.at(...path) }]
  })
}

function looksLikeConfiguration(key: string, content: string): boolean {
  if (!/\.ya?ml$|^config$|^value$|^kubeconfig$|\.conf$|\.cfg$/.test(key) || !content.includes('\n')) return false
  return /^(issuer|apiVersion|kind|clusters):/m.test(content) && !content.includes('{{')
}

function textOf(document: Document, path: Path, content: string, locator: Locator): DocumentText | undefined {
  const { written } = document
  if (written === undefined)
    return {
      file: document.source,
      text: content,
      linesBefore: 0,
      offset: 0,
      indent: 0,
      fixed: { file: document.source, line: 0, column: 0 },
    }
  const block = written.fixed === undefined ? locator.block(written, [...document.prefix, ...path]) : undefined
  if (block === undefined)
    return { file: written.file, text: content, linesBefore: 0, offset: 0, indent: 0, fixed: document.placeOf(path, 'value') }
  return {
    file: written.file,
    text: content,
    linesBefore: block.linesBefore + written.linesBefore,
    offset: -1,
    indent: block.indent + written.indent,
  }
}
