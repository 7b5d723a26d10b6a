import type { Json } from '../../base/json.js'
import { checkWorkTime } from '../../base/work-time.js'
import { type ParsedDocument, parseCommonYaml } from './block-parser.js'
import { parseAnyYaml } from './complete-parser.js'
import type { YamlDialect } from './resolve-scalar.js'
import { YamlError } from './yaml-error.js'

export type { ParsedDocument } from './block-parser.js'
export type { YamlDialect } from './resolve-scalar.js'

export interface ParseOptions {
  /** Names the text in errors: a file's path, a URL. */
  readonly source?: string
  /** How plain scalars are read, see YamlDialect. `kubernetes` unless told. */
  readonly dialect?: YamlDialect
  /** `error` (the default), or `last`: the last one counts, as in readers that are not strict. */
  readonly duplicateKeys?: 'error' | 'last'
  readonly limits?: YamlLimits
}

export interface YamlLimits {
  /** UTF-16 units of text; 32 Mi unless told. */
  readonly maxLength?: number
  /** 100,000 unless told. */
  readonly maxDocuments?: number
}

/** Characters that the two readers take in a millisecond of a machine of 2026 that does nothing else, rather fewer than more. */
const commonPerMillisecond = 5000
const anyPerMillisecond = 300

/**
 * Every document of a text as JSON data, with the line its content starts on; documents without content (nothing but
 * comments) are left out. Duplicate keys are errors unless told otherwise, merge keys and anchors are resolved, the number of nodes that aliases
 * may bring in is bounded, and a key `__proto__` is an ordinary own key. Throws YamlError.
 */
export function parseYamlDocuments(text: string, options: ParseOptions = {}): ParsedDocument[] {
  const dialect = options.dialect ?? 'kubernetes'
  const maxLength = options.limits?.maxLength ?? 32 * 1024 * 1024
  if (text.length > maxLength) {
    throw new YamlError({
      code: 'yaml-too-large',
      what: `expected at most ${maxLength} characters of YAML, found ${text.length}`,
      line: 1,
      column: 1,
      ...(options.source === undefined ? {} : { source: options.source }),
      fix: 'Split the file.',
    })
  }
  const content = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const unix = content.includes('\r\n') ? content.replaceAll('\r\n', '\n') : content
  // Neither reader can be stopped: what they take for a text, at least, has to be left.
  checkWorkTime(unix.length / commonPerMillisecond)
  let documents = parseCommonYaml(unix, dialect)
  if (documents === undefined) {
    checkWorkTime(unix.length / anyPerMillisecond)
    documents = parseAnyYaml(unix, dialect, options.source, options.duplicateKeys)
  }
  const maxDocuments = options.limits?.maxDocuments ?? 100_000
  if (documents.length > maxDocuments) {
    throw new YamlError({
      code: 'yaml-too-large',
      what: `expected at most ${maxDocuments} documents, found ${documents.length}`,
      line: documents[maxDocuments]!.line,
      column: 1,
      ...(options.source === undefined ? {} : { source: options.source }),
      fix: 'Split the file.',
    })
  }
  return documents
}

/** The only document of a text; null when it has none. More than one is an error. */
export function parseYaml(text: string, options: ParseOptions = {}): Json {
  const documents = parseYamlDocuments(text, options)
  const second = documents[1]
  if (second !== undefined) {
    throw new YamlError({
      code: 'yaml-several-documents',
      what: `expected one document, found ${documents.length}: the second starts here`,
      line: second.line,
      column: 1,
      ...(options.source === undefined ? {} : { source: options.source }),
    })
  }
  return documents[0]?.value ?? null
}
