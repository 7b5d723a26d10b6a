import { messageOf } from '../../../../base/errors.js'
import type { Json } from '../../../../base/json.js'
import { parseYamlDocuments } from '../../../../formats/yaml/parse-yaml.js'
import { YamlError } from '../../../../formats/yaml/yaml-error.js'

/**
 * The first document of a text, as sigs.k8s.io/yaml reads it for Helm: of keys that are there twice the last counts, what
 * follows the first document does not. Throws an Error with that library's frame around our description.
 */
export function readYaml(text: string): Json {
  return readYamlDocuments(text)[0] ?? null
}

/** All documents of a text. */
export function readYamlDocuments(text: string): Json[] {
  try {
    return parseYamlDocuments(text, { duplicateKeys: 'last' }).map(({ value }) => value)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const place = `${error.line}:${error.column}: `
    const what = messageOf(error)
    throw new Error(
      `error converting YAML to JSON: yaml: line ${error.line}: ${what.startsWith(place) ? what.slice(place.length) : what}`,
      { cause: error },
    )
  }
}
