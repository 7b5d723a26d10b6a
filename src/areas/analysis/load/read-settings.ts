import { closest } from '../../../base/closest.js'
import { isObject } from '../../../base/json.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import { YamlError } from '../../../formats/yaml/yaml-error.js'
import { Document } from '../model/document.js'
import type { Locator } from '../model/locator.js'
import type { ClusterSettings, Settings, Suppression } from '../model/settings.js'
import type { View } from '../model/view.js'
import type { InputText, Unreadable } from './input-text.js'

const known = {
  file: ['kubernetesVersion', 'clusters', 'charts', 'ignore'],
  cluster: ['name', 'aliases', 'paths', 'contexts', 'values', 'version', 'labels'],
  chart: ['path', 'values', 'cluster', 'release', 'namespace'],
  ignore: ['check', 'path', 'object', 'reason'],
}

/** Reads every `flotilla.yaml` among the inputs; paths in one are relative to its folder. */
export function readSettings(
  above: readonly InputText[],
  inputs: readonly InputText[],
  locator: Locator,
  problem: (problem: Unreadable) => void,
): Settings {
  const clusters: ClusterSettings[] = []
  const suppressions: Suppression[] = []
  let kubernetesVersion: string | undefined
  const seen = new Set<string>()
  for (const input of [...inputs, ...above]) {
    const { path, text } = input
    if (!/(^|\/)flotilla\.yaml$/.test(path) || seen.has(path)) continue
    seen.add(path)
    let value: unknown
    try {
      value = parseYaml(text)
    } catch (error) {
      if (!(error instanceof YamlError)) throw error
      problem({ file: path, line: error.line, column: error.column, message: error.message.replace(/^\d+:\d+: /, '') })
      continue
    }
    if (!isObject(value)) continue
    const document = new Document({
      value,
      role: 'settings',
      source: path,
      text: { file: path, text, linesBefore: 0, offset: 0, indent: 0 },
      locator,
    })
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    const strangers = [
      ...strangersIn(document, known.file),
      ...document.items('clusters').flatMap((item) => strangersIn(item, known.cluster)),
      ...document.items('charts').flatMap((item) => strangersIn(item, known.chart)),
      ...document.items('ignore').flatMap((item) => strangersIn(item, known.ignore)),
    ]
    for (const stranger of strangers) problem(stranger)
    kubernetesVersion ??= textOrNumber(document, 'kubernetesVersion')
    for (const item of document.items('clusters')) {
      const name = item.text('name')
      if (name === undefined)
        problem({ ...item.place(), message: 'a cluster of flotilla.yaml has no name', fix: 'Give it a name.' })
      else clusters.push(clusterSettings(item, name, folder))
    }
    for (const item of document.items('ignore')) {
      const check = item.text('check')
      const reason = item.text('reason')
      if (check === undefined || reason === undefined) {
        const missing = check === undefined ? 'does not say which check it ignores' : `ignores ${check} without saying why`
        problem({ ...item.place(), message: `an entry of ignore ${missing}`, fix: 'Give both: check and reason.' })
        continue
      }
      const path = item.text('path')
      const object = item.text('object')
      suppressions.push({
        check,
        reason,
        ...(above.includes(input) ? { isFromAbove: true } : {}),
        ...(path === undefined ? {} : { path: folder + path }),
        ...(object === undefined ? {} : { object }),
        at: item.at('check'),
      })
    }
  }
  return { clusters, suppressions, ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }) }
}

/** A key that nobody reads was meant for something: what it should do is not done. */
function strangersIn(view: View, names: readonly string[]): Unreadable[] {
  return view
    .keys()
    .filter((key) => !names.includes(key))
    .map((key) => {
      const near = closest(key, names)
      return {
        ...view.atKey(key).place(),
        severity: 'warning',
        message: `flotilla.yaml has no key ${key}${near === undefined ? '' : `: did you mean ${near}?`}`,
        fix: `Write one of ${names.join(', ')}, or take it out.`,
      }
    })
}

function clusterSettings(item: View, name: string, folder: string): ClusterSettings {
  const version = textOrNumber(item, 'version')
  const labels = Object.fromEntries(Object.entries(item.map('labels')).map(([key, value]) => [key, String(value)]))
  return {
    name,
    aliases: item.texts('aliases'),
    paths: item.texts('paths').map((path) => folder + path.replace(/^\.\//, '')),
    contexts: item.texts('contexts'),
    values: item.texts('values').map((path) => folder + path.replace(/^\.\//, '')),
    ...(version === undefined ? {} : { version }),
    labels,
    at: item.at('name'),
  }
}

function textOrNumber(view: View, key: string): string | undefined {
  const value = view.get(key)
  return typeof value === 'number' ? String(value) : view.text(key)
}
