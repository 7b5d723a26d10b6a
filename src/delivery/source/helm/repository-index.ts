import { isObject } from '../../../base/json.js'
import { type Constraints, check, parseConstraint } from '../../../formats/semver/constraints.js'
import { compareVersions, parseVersion, type Version } from '../../../formats/semver/version.js'
import { readYaml } from '../../render/helm/chart/yaml.js'

/** A version of a chart as an index.yaml describes it. */
export interface IndexEntry {
  readonly version: string
  readonly urls: readonly string[]
  /** sha256 of the packed chart in hexadecimal, '' when the index has none. */
  readonly digest: string
}

/**
 * The versions of one chart in an index.yaml, the highest first; undefined when the index has no such chart. Of indexes as
 * helm writes them only the chart's own lines are parsed, anything else as a whole. Entries that Helm skips (no name, no
 * version, a version that is none) are skipped. Throws an Error for what is no index.
 */
export function findChartEntries(text: string, chart: string): IndexEntry[] | undefined {
  const lines = linesOfChart(text, chart)
  if (lines === 'absent') return undefined
  if (lines !== 'unclear') {
    let listed: unknown
    try {
      const block = readYaml(lines)
      if (isObject(block) && Object.keys(block).length === 1) listed = Object.values(block)[0]
    } catch {
      // Anchors from elsewhere, for instance: the whole index may be readable.
    }
    if (Array.isArray(listed)) return sorted(listed)
  }
  const index = text.trimStart().startsWith('{') ? (JSON.parse(text) as unknown) : readYaml(text)
  if (!isObject(index)) throw new Error('it is no index of charts')
  if (typeof index['apiVersion'] !== 'string' || index['apiVersion'] === '') throw new Error('no API version specified')
  const { entries } = index
  if (entries === undefined || entries === null) return undefined
  if (!isObject(entries)) throw new Error('its entries are no mapping')
  const listed = Object.hasOwn(entries, chart) ? entries[chart] : undefined
  if (listed === undefined || listed === null) return undefined
  if (!Array.isArray(listed)) throw new Error(`its entry ${JSON.stringify(chart)} is no list`)
  return sorted(listed)
}

/**
 * The lines of a chart's entry in an index of the usual form: block style, `entries:` at the left edge, its keys indented
 * alike. `unclear` when the form is another one, or the key is there twice.
 */
function linesOfChart(text: string, chart: string): string | 'absent' | 'unclear' {
  if (/^(---|\.\.\.|%)/m.test(text.slice(4))) return 'unclear'
  if (!/^apiVersion: ?["']?v[0-9]/m.test(text)) return 'unclear'
  const top = /^entries:[ ]*\n/gm
  const found = top.exec(text)
  if (found === null || top.exec(text) !== null) return 'unclear'
  const start = found.index + found[0].length
  const nextTop = /^[^\s#]/m.exec(text.slice(start))
  const section = text.slice(0, nextTop === null ? text.length : start + nextTop.index)
  const first = /^( +)[A-Za-z0-9"'][^\n]*:[ ]*\n/.exec(section.slice(start, start + 1000))
  if (first === null) return 'unclear'
  const indent = first[1]!
  let from = -1
  for (const key of [chart, JSON.stringify(chart), `'${chart}'`]) {
    const line = `\n${indent}${key}:`
    const at = section.indexOf(line, start - 1)
    if (at === -1) continue
    if (from !== -1 || section.indexOf(line, at + 1) !== -1) return 'unclear'
    if (!/^ *\n/.test(section.slice(at + line.length, at + line.length + 80))) return 'unclear'
    from = at + 1
  }
  // Without the key the entry may still be there in an unusual spelling; such names do not occur, but flow style does.
  if (from === -1)
    return /^entries:[ ]*\n(?: +[^\n]*\n)*? +[?&!]/m.test(section.slice(found.index, found.index + 200)) ? 'unclear' : 'absent'
  let end = section.indexOf('\n', from) + 1
  while (end > 0 && end < section.length) {
    const isInside =
      section.startsWith(`${indent} `, end) ||
      section.startsWith(`${indent}-`, end) ||
      section[end] === '\n' ||
      section[end] === '#'
    if (!isInside) break
    const next = section.indexOf('\n', end)
    end = next === -1 ? section.length : next + 1
  }
  return section.slice(from, end)
}

function sorted(listed: readonly unknown[]): IndexEntry[] {
  const entries: { entry: IndexEntry; version: Version }[] = []
  for (const each of listed) {
    if (!isObject(each)) continue
    const { name, version, urls, digest } = each
    if (typeof name !== 'string' || name === '' || typeof version !== 'string') continue
    const parsed = read(version)
    if (parsed === undefined) continue
    entries.push({
      version: parsed,
      entry: {
        version,
        urls: Array.isArray(urls) ? urls.filter((url) => typeof url === 'string' && url !== '') : [],
        digest: typeof digest === 'string' ? digest.replace(/^sha256:/, '').toLowerCase() : '',
      },
    })
  }
  return entries.sort((a, b) => compareVersions(b.version, a.version)).map(({ entry }) => entry)
}

/**
 * The version that `wanted` names among those there are: the one written exactly so, else the highest that satisfies it as
 * constraints. Undefined when none does. Throws an Error when `wanted` is neither.
 */
export function chooseVersion(versions: readonly string[], wanted: string): string | undefined {
  if (wanted !== '' && versions.includes(wanted)) return wanted
  const constraints: Constraints = parseConstraint(wanted === '' ? '*' : wanted)
  let best: { text: string; version: Version } | undefined
  for (const text of versions) {
    const version = read(text)
    if (version === undefined || !check(constraints, version)) continue
    if (best === undefined || compareVersions(version, best.version) > 0) best = { text, version }
  }
  return best?.text
}

/** Anything that reads as one version: `1.2.3`, `v1.2`, `1`. */
export function isVersion(text: string): boolean {
  return text !== '' && read(text) !== undefined
}

/** Written out in full (`1.2.3`, `v1.2.3-rc.1`), so that nothing has to be asked for to know what it names. */
export function isWholeVersion(text: string): boolean {
  return /^v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?$/.test(text) && read(text) !== undefined
}

function read(text: string): Version | undefined {
  try {
    return parseVersion(text)
  } catch {
    return undefined
  }
}
