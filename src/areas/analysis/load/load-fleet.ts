import { canonicalJson, isObject } from '../../../base/json.js'
import { parseYamlDocuments } from '../../../formats/yaml/parse-yaml.js'
import { YamlError } from '../../../formats/yaml/yaml-error.js'
import type { Call } from '../model/call.js'
import { Document, type DocumentText, KubeDocument } from '../model/document.js'
import type { FleetModel } from '../model/fleet-model.js'
import { Locator } from '../model/locator.js'
import type { Settings } from '../model/settings.js'
import type { Path, Spot } from '../model/spot.js'
import { buildModel } from './build-model.js'
import { clusterOfPath } from './cluster-of-path.js'
import { commentCalls } from './comment-calls.js'
import { embeddedTexts } from './embedded-texts.js'
import type { GenerationProblem, InputText, RenderedObject, Unreadable } from './input-text.js'
import { markdownBlocks } from './markdown-blocks.js'
import { readCalls, type ScriptText } from './read-calls.js'
import { readSettings } from './read-settings.js'
import { roleOf } from './recognise.js'
import { splitDocuments } from './split-documents.js'

/** Objects that were read from a running cluster. */
export interface LiveCluster {
  /** How findings name it: `context prod-us`. */
  readonly source: string
  readonly cluster: string
  readonly objects: readonly unknown[]
}

export interface LoadOptions {
  readonly live?: readonly LiveCluster[]
  readonly rendered?: readonly RenderedObject[]
  readonly generation?: readonly GenerationProblem[]
  /** More is missing than will be found here: files, clusters. */
  readonly isPartial?: boolean
  /** Epoch ms, for what ends some day; absent: nothing is said about time. */
  readonly nowMs?: number
  /** Of `flotilla.yaml`s that stand above what is checked. */
  readonly settings?: readonly InputText[]
}

export interface LoadedFleet {
  readonly model: FleetModel
  readonly unreadable: readonly Unreadable[]
}

/** Makes the model of everything that was given. Never throws for what a file holds: that is said in `unreadable`. */
export function loadFleet(inputs: readonly InputText[], options: LoadOptions = {}): LoadedFleet {
  const loading = new Loading(options.settings ?? [], inputs)
  // Scripts that write files come last, so that a document is first where it is a file of its own.
  const isScript = ({ path }: InputText) => /\.(sh|bash|zsh|md|markdown)$/.test(path)
  for (const input of [...inputs.filter((each) => !isScript(each)), ...inputs.filter(isScript)]) loading.read(input)
  for (const rendered of options.rendered ?? []) loading.readRendered(rendered)
  for (const live of options.live ?? []) loading.readLive(live)
  return loading.finish(options)
}

class Loading {
  readonly #documents: Document[] = []
  readonly #calls: Call[] = []
  readonly #unreadable: Unreadable[] = []
  readonly #locator = new Locator()
  readonly #seen = new Map<string, Document>()
  readonly #settings: Settings
  readonly #sources = new Map<string, KubeDocument[]>()
  #readsSource = false
  readonly #templates = new Set<string>()

  constructor(above: readonly InputText[], inputs: readonly InputText[]) {
    this.#settings = readSettings(above, inputs, this.#locator, (problem) => this.#unreadable.push(problem))
  }

  finish({ live = [], isPartial, nowMs, generation = [] }: LoadOptions): LoadedFleet {
    const isWhole = isPartial !== true && this.#unreadable.length === 0
    const names = live.map(({ cluster }) => cluster)
    const model = buildModel(this.#documents, this.#calls, this.#settings, names, isWhole, nowMs, generation)
    return { model, unreadable: this.#unreadable }
  }

  read(input: InputText): void {
    const { path } = input
    this.#readsSource = input.isSource === true
    const text = input.text.includes('\r\n') ? input.text.replaceAll('\r\n', '\n') : input.text
    if (/\.(sh|bash|zsh)$/.test(path) || text.startsWith('#!'))
      this.#script({ file: path, text, linesBefore: 0, columnsBefore: 0, offset: 0, inComment: false })
    else if (/\.(md|markdown)$/.test(path)) this.#markdown(path, text)
    else if (/\.json$/.test(path)) this.#text({ file: path, text, linesBefore: 0, offset: 0, indent: 0 })
    else if (/\.ya?ml$/.test(path) || /(^|\/)kustomization$/i.test(path) || looksLikeYaml(text)) {
      for (const document of splitDocuments(path, text)) this.#text(document)
      this.#comments(path, text)
    }
  }

  readRendered({ value, file, sources, cluster, install, line = 1 }: RenderedObject): void {
    if (!isObject(value)) return
    const madeOf = this.#sourcesOf(value, sources)
    const [source] = madeOf
    const text = source?.written ?? { file, text: '', linesBefore: 0, offset: 0, indent: 0, fixed: { file, line, column: 1 } }
    this.#add({
      value,
      source: file,
      text,
      cluster: cluster ?? clusterOfPath(file, this.#settings),
      rendered: true,
      ...(install === undefined ? {} : { install }),
      ...(source === undefined ? {} : { root: source.prefix, madeOf }),
    })
  }

  /**
   * The documents of sources that an object was most likely made of: names may have got prefixes and suffixes. The fullest of
   * those with the longest name comes first, the others are its patches.
   */
  #sourcesOf(value: Record<string, unknown>, sources: ReadonlySet<string> | undefined): readonly Document[] {
    const metadata = value['metadata']
    const name = isObject(metadata) ? metadata['name'] : undefined
    if (typeof name !== 'string') return []
    const candidates = (this.#sources.get(String(value['kind'])) ?? []).filter(
      (each) => name.includes(each.name) && each.name !== '' && sources?.has(each.source) !== false,
    )
    const longest = Math.max(...candidates.map((each) => each.name.length))
    return candidates
      .filter((each) => each.name.length === longest)
      .map((each) => ({ each, size: sizeOf(each) }))
      .sort((a, b) => b.size - a.size)
      .map(({ each }) => each)
  }

  readLive({ source, cluster, objects }: LiveCluster): void {
    for (const value of objects) if (isObject(value)) this.#add({ value, source, cluster })
  }

  /** Of running text the commands count; the YAML in it is examples, wrong ones too. */
  #markdown(file: string, text: string): void {
    for (const block of markdownBlocks(text)) {
      if (!/^(sh|bash|shell|console|zsh)$/.test(block.language)) continue
      this.#script({
        file,
        text: block.text.replace(/^\$ /gm, '  '),
        linesBefore: block.linesBefore,
        columnsBefore: 0,
        offset: block.offset,
        inComment: false,
      })
    }
  }

  #script(script: ScriptText): void {
    const { calls, heredocs } = readCalls(script)
    this.#calls.push(...calls)
    for (const { target, ...heredoc } of heredocs) {
      if (target !== undefined && !/\.(ya?ml|json)$/.test(target)) continue
      if (!looksLikeYaml(heredoc.text)) continue
      // What goes to nobody as YAML may be a text for people.
      const isMeant = target !== undefined || /^\s*(apiVersion|kind):\s/m.test(heredoc.text)
      for (const document of splitDocuments(heredoc.file, heredoc.text, { ...heredoc, indent: 0 }))
        this.#text(document, { isGuess: !isMeant })
    }
    if (!script.inComment) this.#comments(script.file, script.text, script)
  }

  #comments(file: string, text: string, base?: ScriptText): void {
    for (const script of commentCalls(file, text))
      this.#calls.push(
        ...readCalls({
          ...script,
          linesBefore: script.linesBefore + (base?.linesBefore ?? 0),
          offset: script.offset + (base?.offset ?? 0),
        }).calls,
      )
  }

  /** One document's text. */
  #text(text: DocumentText, options: { parent?: Spot; cluster?: string | undefined; isGuess?: boolean } = {}): void {
    const { parent, cluster, isGuess } = options
    let value: unknown
    try {
      value = text.file.endsWith('.json')
        ? JSON.parse(text.text.replace(/^\ufeff/, ''))
        : parseYamlDocuments(text.isExpanded === true ? expanded(text.text) : text.text, { duplicateKeys: 'error' })[0]?.value
    } catch (error) {
      if (isGuess === true) return
      value = this.#despiteTwins(text, error)
      if (value === undefined) this.#notRead(text, error)
    }
    if (!isObject(value)) return
    if (isTooDeep(value)) {
      this.#notRead(text, new Error('collections are nested deeper than 512 levels'))
      return
    }
    this.#add({ value, source: text.file, text, parent, cluster: cluster ?? clusterOfPath(text.file, this.#settings) })
  }

  #add(found: {
    value: Record<string, unknown>
    source: string
    text?: DocumentText
    parent?: Spot | undefined
    cluster?: string | undefined
    root?: Path
    madeOf?: readonly Document[]
    rendered?: boolean
    install?: string
  }): void {
    const { value } = found
    const role = roleOf(value, found.text === undefined || found.parent !== undefined ? '' : found.text.file)
    if (
      role === 'object' &&
      Array.isArray(value['items']) &&
      typeof value['kind'] === 'string' &&
      value['kind'].endsWith('List')
    ) {
      for (const [index, item] of value['items'].entries())
        if (isObject(item)) this.#add({ ...found, value: item, root: [...(found.root ?? []), 'items', index] })
      return
    }
    const options = { ...found, role, locator: this.#locator, ...(found.parent === undefined ? {} : { parent: found.parent }) }
    const document = role === 'object' ? new KubeDocument(options as never) : new Document(options as never)
    if (this.#readsSource && found.rendered !== true && document instanceof KubeDocument) {
      const known = this.#sources.get(document.kind)
      if (known === undefined) this.#sources.set(document.kind, [document])
      else known.push(document)
      return
    }
    if (this.#isCopy(document)) return
    this.#documents.push(document)
    // One level is what there is in practice.
    if (found.parent !== undefined) return
    for (const embedded of embeddedTexts(document, this.#locator))
      this.#text(embedded.text, { parent: embedded.parent, cluster: document.cluster })
  }

  /** The same document in a script and in the file that the script writes is one document at two places. */
  #isCopy(document: Document): boolean {
    if (!(document instanceof KubeDocument) || document.written === undefined) return false
    const key = `${document.cluster ?? ''}|${document.apiVersion}|${document.kind}|${document.namespace ?? ''}|${document.name === '' ? canonicalJson(document.value) : document.name}`
    const known = this.#seen.get(key)
    if (known === undefined) {
      this.#seen.set(key, document)
      return false
    }
    if (canonicalJson(known.value) !== canonicalJson(document.value)) return false
    if (!document.rendered) known.copies.push(document)
    return true
  }

  /** Helm takes the last of two keys in values without a word; other readers refuse them, or take one of them. */
  #despiteTwins(text: DocumentText, error: unknown): unknown {
    if (!(error instanceof YamlError) || !/is already set in this map/.test(error.message)) return undefined
    if (!/values[^/]*\.ya?ml$/i.test(text.file)) return undefined
    try {
      const value = parseYamlDocuments(text.text, { duplicateKeys: 'last' })[0]?.value
      this.#unreadable.push({
        file: text.file,
        line: error.line + text.linesBefore,
        column: error.column + text.indent,
        severity: 'warning',
        message: `${error.message.replace(/^\d+:\d+: /, '')}: Helm takes the last one`,
        fix: 'Take one of them out.',
      })
      return value
    } catch {
      return undefined
    }
  }

  #notRead(text: DocumentText, error: unknown): void {
    // What a template or a shell makes of it may well be YAML.
    const isTemplate = /\{\{|\{%|<%|\$\{/.test(text.text) || (text.isExpanded === true && text.text.includes('$'))
    if (isTemplate) {
      if (this.#templates.has(text.file)) return
      this.#templates.add(text.file)
      this.#unreadable.push({
        file: text.file,
        line: text.linesBefore + 1,
        column: 1,
        severity: 'note',
        message: 'this is a template, which is no YAML yet, and was not checked',
        fix: 'Nothing has to be done; what it makes can be checked: `... | flotilla check -`.',
      })
      return
    }
    const at =
      error instanceof YamlError
        ? { line: error.line, column: error.column, message: error.message.replace(/^\d+:\d+: /, '') }
        : { line: 1, column: 1, message: error instanceof Error ? error.message : String(error) }
    this.#unreadable.push({
      file: text.file,
      line: text.fixed?.line ?? at.line + text.linesBefore,
      column: text.fixed?.column ?? at.column + text.indent,
      message: at.message,
    })
  }
}

/** What a shell makes of a backslash in a text that it expands. Variables stay as they are. */
function expanded(text: string): string {
  return text.replace(/\\([\\$`\n])/g, (_, character: string) => (character === '\n' ? '' : character))
}

function sizeOf({ written }: Document): number {
  return written?.text.length ?? 0
}

function looksLikeYaml(text: string): boolean {
  return /^\s*(apiVersion|kind|metadata|[\w."-]+):(\s|$)/m.test(text) && !/^\s*[├└│]/m.test(text)
}

/** JSON may nest without bound, and what looks for places in it does not. */
function isTooDeep(value: object): boolean {
  let level: object[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > 512) return true
    level = level.flatMap((each) => Object.values(each).filter((member) => typeof member === 'object' && member !== null))
  }
  return false
}
